/** Catalogue values are strings, lists or small records; all are shown as text. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return '—'
  if (Array.isArray(value)) return value.map(asText).join('、')
  if (typeof value === 'object') return Object.values(value).map(asText).join(' ')
  return String(value)
}

export function entries(record: Record<string, unknown>): [name: string, value: string][] {
  return Object.entries(record).map(([name, value]) => [name, asText(value)])
}
