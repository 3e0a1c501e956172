/** Filters of the clue pool and their way into the page's address and back, so that a view can be sent to a colleague. */
import type { ClueState } from '@/api/types'

export interface ClueFilters {
  /** one state, `active` for all that are being worked on, or empty for all */
  state: string
  level: string
  class: string
  model: string
  region: string
  q: string
  mine: boolean
  order: string
}
export const DEFAULTS: ClueFilters = { state: 'active', level: '', class: '', model: '', region: '', q: '', mine: false, order: 'level' }
export const STATES: readonly ClueState[] = ['open', 'claimed', 'noticed', 'ordered', 'closed', 'invalid', 'merged']
export const ACTIVE: readonly ClueState[] = ['open', 'claimed', 'noticed', 'ordered']
export const CLASSES = ['exceedance', 'data-quality', 'data-falsification', 'power', 'site-access', 'waste', 'other'] as const
export const ORDERS = ['level', 'newest', '-last_at', 'first_at'] as const

type Address = Record<string, unknown>

export function fromQuery(query: Address): ClueFilters {
  const filters = { ...DEFAULTS }
  for (const key of Object.keys(DEFAULTS) as (keyof ClueFilters)[]) {
    const value = query[key]
    if (typeof value !== 'string') continue
    if (key === 'mine') filters.mine = value === 'true'
    else filters[key] = value
  }
  return filters
}

/** Only what differs from the defaults goes into the address. */
export function toQuery(filters: ClueFilters): Record<string, string> {
  const changed = (Object.keys(DEFAULTS) as (keyof ClueFilters)[]).filter((key) => filters[key] !== DEFAULTS[key])
  return Object.fromEntries(changed.map((key) => [key, String(filters[key])]))
}

/** Levels chosen, e.g. "1,2": a click adds or takes away one. */
export function toggleLevel(levels: string, level: string): string {
  const chosen = new Set(levels.split(',').filter(Boolean))
  if (!chosen.delete(level)) chosen.add(level)
  return [...chosen].sort().join(',')
}

export function countOf(counts: Partial<Record<ClueState, number>>, states: readonly ClueState[]): number {
  return states.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
}
