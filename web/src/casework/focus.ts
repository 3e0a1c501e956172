/** Which tracks a case needs: its own factors and the two that explain them; all pollutants when it names none. */
const EXPLAINING = new Set(['a19001', 'a00000', 'w00000']) // O₂, flue-gas flow, water flow

export function factorsToShow(present: readonly string[], focus: readonly string[], isAux: (factor: string) => boolean): string[] {
  const named = present.filter((factor) => focus.includes(factor))
  const pollutants = named.length ? named : present.filter((factor) => !isAux(factor))
  const wanted = new Set([...pollutants, ...present.filter((factor) => EXPLAINING.has(factor))])
  return present.filter((factor) => wanted.has(factor))
}
