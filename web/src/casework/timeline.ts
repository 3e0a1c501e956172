import type { ActivityRow } from '@/api/types'

/** A timeline as it is read: the newest entry on top, entries of one instant in the reverse of their writing. */
export function newestFirst(items: readonly ActivityRow[]): ActivityRow[] {
  const ordered = items.map((item, i) => ({ item, at: Date.parse(item.at), i }))
  return ordered.sort((a, b) => b.at - a.at || b.i - a.i).map((entry) => entry.item)
}
