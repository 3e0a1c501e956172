/** A threshold as it is edited: numbers as people read them (percent, not shares), then as the server takes them. */
import type { Condition, LevelKey, Measure, ModelThresholds, SetLevels, ThresholdRow, Told } from '@/api/types'

export type Mode = 'keep' | 'set' | 'off'
export interface LevelDraft {
  level: LevelKey
  mode: Mode
  alternatives: Record<string, number>[]
  /** The catalogue's own, one for each medium; of all media at once where they are the same. */
  own: { medium: Medium | null; condition: Condition }[]
}
export type Medium = 'gas' | 'water'

const LEVELS: readonly LevelKey[] = ['3', '2', '1']
const SCOPES: readonly ThresholdRow['scope'][] = ['industry', 'region', 'enterprise']

/** No binary fraction in a field: 0.3 × 100 is 30. */
const tidy = (value: number): number => Number(value.toPrecision(10))

function scaled(condition: Condition, measures: readonly Measure[], back = false): Condition {
  const factor = (name: string): number => measures.find((row) => row.name === name)?.scale ?? 1
  return condition.map((one) => Object.fromEntries(
    Object.entries(one).map(([name, value]) => [name, tidy(back ? value / factor(name) : value * factor(name))]),
  ))
}

function ownOf(level: LevelKey, { defaults, measures }: Pick<ModelThresholds, 'defaults' | 'measures'>): LevelDraft['own'] {
  const all = (Object.keys(defaults) as Medium[]).map((medium) => ({ medium, condition: scaled(defaults[medium]?.[level] ?? [], measures) }))
  const same = all.every((one) => JSON.stringify(one.condition) === JSON.stringify(all[0]?.condition))
  return same ? all.slice(0, 1).map((one) => ({ ...one, medium: null })) : all
}

/** The catalogue's numbers to start from; of two media those of the first. */
export function draftsOf({ defaults, measures }: Pick<ModelThresholds, 'defaults' | 'measures'>): LevelDraft[] {
  const first = Object.values(defaults)[0] ?? {}
  return LEVELS.map((level) => ({ level, mode: 'keep', alternatives: scaled(first[level] ?? [], measures), own: ownOf(level, { defaults, measures }) }))
}

/** What changes; empty while every level stays as it is. */
export function levelsOf(drafts: readonly LevelDraft[], measures: readonly Measure[]): SetLevels {
  const changed = drafts.filter((draft) => draft.mode !== 'keep')
  return Object.fromEntries(changed.map(({ level, mode, alternatives }) => [level, mode === 'off' ? null : scaled(alternatives, measures, true)]))
}

export function complete(levels: SetLevels): boolean {
  const conditions = Object.values(levels)
  return conditions.length > 0 && conditions.every((condition) => condition === null || (condition.length > 0 && condition.every((one) => Object.values(one).length > 0 && Object.values(one).every((value) => value > 0))))
}

/** The wider scope first, as they are resolved; within one the later start. */
export function byScope(rows: readonly ThresholdRow[]): ThresholdRow[] {
  return [...rows].sort((a, b) => SCOPES.indexOf(a.scope) - SCOPES.indexOf(b.scope) || b.valid_from.localeCompare(a.valid_from))
}

/** "1 / 4 / 12": findings of level 1, 2, 3. */
export function countsText({ levels }: Pick<Told, 'levels'>): string {
  return [levels['1'], levels['2'], levels['3']].join(' / ')
}
