/** What the cells of a record say, in the language of the reader. */
import type { RecordColumn, RecordRow, RecordValue } from '@/api/types'
import { beijing } from '@/lib/time'

type Choose = (chinese: string, english: string | null | undefined) => string

export interface Words {
  pick: Choose
  yes: string
  no: string
  /** name of a factor by its code */
  factor: (code: string) => string
}

export function valueText(value: RecordValue | undefined, column: RecordColumn, words: Words): string {
  if (value === undefined || value === null || value === '') return '—'
  if (column.type === 'flag') return value ? words.yes : words.no
  if (column.type === 'time') return beijing(String(value))
  if (column.type === 'factor') return words.factor(String(value))
  if (column.type === 'choice') {
    const choice = column.choices.find((item) => item.code === value)
    return choice ? words.pick(choice.title, choice.title_en) : String(value)
  }
  return `${value}${column.unit && column.unit !== '%' ? ` ${column.unit}` : column.unit}`
}

/** English words of the server stand inside sentences, too; as a title they begin with a capital. */
export function titleOf(said: { title: string; title_en: string; type?: string }, pick: Choose): string {
  if (said.type === 'factor') return pick('因子', 'Factor') // the column is called after its code, the cell shows the name
  const text = pick(said.title, said.title_en)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What happened at once has one time, what lasted two. */
export function timeText(row: Pick<RecordRow, 'start' | 'end'>): string {
  return row.start === row.end ? beijing(row.start) : `${beijing(row.start)} — ${beijing(row.end)}`
}

/** The few facts of a record in one line. */
export function gist(row: RecordRow, columns: readonly RecordColumn[], words: Words): string {
  const own = columns.filter((column) => column.own && row.data[column.name] !== undefined)
  return own.map((column) => `${titleOf(column, words.pick)} ${valueText(row.data[column.name], column, words)}`).join(' · ')
}

/** A filled-in form as a row of a delivery: what is empty is left out. */
export function rowOf(cells: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== null && value !== undefined && value !== ''))
}
