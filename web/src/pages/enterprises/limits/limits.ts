/** What a limit says in a few words, and whether it holds on a day. */
import type { HeldLimit, StandardLimit } from '@/api/types'
import { beijing } from '@/lib/time'

export const today = (): string => beijing(Date.now(), 'day')

export function range(low: number | null, high: number | null): string {
  if (low !== null && high !== null) return `${low}–${high}`
  return high !== null ? `≤ ${high}` : `≥ ${low ?? ''}`
}
export const holds = (limit: HeldLimit, on: string): boolean => limit.valid_from <= on && (!limit.valid_to || limit.valid_to >= on)
/** Does the number still have to be compared with the text of the standard? */
export const unchecked = (limit: HeldLimit): boolean => limit.certainty.startsWith('C') && !limit.confirmed_by
/** A standard's limit waits while the permit has one for the same factor and averaging. */
export function waits(limit: HeldLimit, all: readonly HeldLimit[], on: string): boolean {
  return limit.origin === 'standard' && all.some((other) => other.origin === 'permit' && other.factor === limit.factor && other.averaging === limit.averaging && holds(other, on))
}
/** The rows of a standard under the place and condition they are meant for. */
export function groups(rows: readonly StandardLimit[], english = false): [string, StandardLimit[]][] {
  const found = new Map<string, StandardLimit[]>()
  for (const row of rows) {
    const name = [row.outlet, (english && row.condition_en) || row.condition].filter(Boolean).join(' · ')
    found.set(name, [...(found.get(name) ?? []), row])
  }
  return [...found]
}

/** Whether a person applied the limit, and so cannot confirm it as well. */
export const own = (limit: HeldLimit, user: number | undefined): boolean => limit.author_id !== null && limit.author_id === user
