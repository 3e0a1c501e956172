/** A text of the catalogue as one paragraph: its line breaks are the file's, not the author's. */
export function flow(text: string): string {
  return text.trim().replace(/([\u3000-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])/g, '$1').replace(/\s*\n\s*/g, ' ')
}

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
