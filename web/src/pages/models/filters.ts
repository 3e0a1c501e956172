/** Which models are shown: in the page's address, so that a view can be sent to a colleague; and by class, as they are shown. */
import type { ModelRow } from '@/api/types'

export interface ModelFilters { class: string | null; status: string | null; q: string }
type Address = Record<string, unknown>
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export function fromQuery(query: Address): ModelFilters {
  return { class: text(query.class) || null, status: text(query.status) || null, q: text(query.q) }
}
/** Only what is chosen goes into the address. */
export function toQuery(filters: ModelFilters): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value).map(([key, value]) => [key, String(value)]))
}

export const narrowed = (filters: ModelFilters): boolean => Object.keys(toQuery(filters)).length > 0

function matches(row: ModelRow, filters: ModelFilters, but?: 'class' | 'status'): boolean {
  if (but !== 'class' && filters.class && row.class !== filters.class) return false
  if (but !== 'status' && filters.status && row.status !== filters.status) return false
  return `${row.code} ${row.title} ${row.title_en}`.toLowerCase().includes(filters.q.trim().toLowerCase())
}

export interface Count { value: string; row: ModelRow; count: number }
/** How many each choice would leave, the other choices as they are. */
export function counts(rows: readonly ModelRow[], by: 'class' | 'status', filters: ModelFilters): Count[] {
  const found = new Map<string, Count>()
  for (const row of rows) {
    const entry = found.get(row[by]) ?? { value: row[by], row, count: 0 }
    found.set(row[by], { ...entry, count: entry.count + Number(matches(row, filters, by)) })
  }
  return [...found.values()]
}

export interface Group { class: string; rows: ModelRow[] }
export function groups(rows: readonly ModelRow[], filters: ModelFilters): Group[] {
  const found = new Map<string, ModelRow[]>()
  for (const row of rows) if (matches(row, filters)) found.set(row.class, [...(found.get(row.class) ?? []), row])
  return [...found].map(([name, list]) => ({ class: name, rows: list }))
}
