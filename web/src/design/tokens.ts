/** Names of the tokens, and their values for what draws on a canvas (charts, map) and cannot use CSS variables. */
export type Level = 1 | 2 | 3
export type FourColourName = 'blue' | 'yellow' | 'orange' | 'red'
export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'idle'
export type Shape = 'square' | 'diamond' | 'circle' | 'triangle' | 'dot'

/** Shape of a level: the most severe has the most corners and the largest area. */
export const LEVEL_SHAPE: Record<Level | 0, Shape> = { 1: 'square', 2: 'diamond', 3: 'circle', 0: 'dot' }
export const FOUR_SHAPE: Record<FourColourName, Shape> = {
  blue: 'circle', yellow: 'triangle', orange: 'diamond', red: 'square',
}

/** Days of exceedance within rolling 30 days → colour of the alarm (none below one day). */
export function fourColourOf(days: number): FourColourName | null {
  if (days >= 10) return 'red'
  if (days >= 7) return 'orange'
  if (days >= 3) return 'yellow'
  return days >= 1 ? 'blue' : null
}

export function isLevel(value: unknown): value is Level {
  return value === 1 || value === 2 || value === 3
}

/** Value of a token in the theme now shown, e.g. `token('level-1')`. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--yj-${name}`).trim()
}

/** A `#rrggbb` token with an opacity, as canvas wants it. */
export function withAlpha(hex: string, alpha: number): string {
  const n = Number.parseInt(hex.replace('#', ''), 16)
  return `rgba(${(n >> 16) & 255},${(n >> 8) & 255},${n & 255},${alpha})`
}
