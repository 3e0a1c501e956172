import type { NoticePage, NoticeState } from '@/api/types'

/** Groups of states as the desk works: what waits for us, what waits for the enterprise, what is settled. */
export const GROUPS: readonly { name: string; states: readonly NoticeState[] }[] = [
  { name: 'all', states: [] },
  { name: 'review', states: ['answered', 'objected'] },
  { name: 'waiting', states: ['sent', 'read'] },
  { name: 'overdue', states: ['overdue'] },
  { name: 'settled', states: ['accepted', 'rejected'] },
]

export function groupCount(counts: NoticePage['counts'], states: readonly NoticeState[]): number {
  const wanted = states.length ? states : GROUPS.flatMap((group) => group.states)
  return wanted.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
}
