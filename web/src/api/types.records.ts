import type { OutletRef } from './types.casework'
import type { Iso, Ref } from './types'

/** A process parameter: what a series tells about an outlet. */
export interface SignalRow {
  id: number
  role: string
  role_text: string
  role_text_en: string
  unit: string
  point_id: number
  factor: string
  factor_name: string
  factor_name_en: string
  name: string
  design: number | null
}

export interface RecordChoice { code: string; title: string; title_en: string }
export interface RecordColumn {
  name: string
  title: string
  title_en: string
  type: 'text' | 'number' | 'flag' | 'time' | 'choice' | 'factor'
  unit: string
  required: boolean
  /** of this kind only */
  own: boolean
  choices: RecordChoice[]
}
export interface RecordKind {
  kind: string
  title: string
  title_en: string
  of_outlet: boolean
  lasting: boolean
  by_enterprise: boolean
  columns: RecordColumn[]
  count: number
}
export type RecordValue = string | number | boolean | null
export interface RecordRow {
  id: number
  kind: string
  enterprise: Ref
  outlet: OutletRef | null
  start: Iso
  end: Iso
  received_at: Iso
  source: string
  author: string
  external_id: string
  batch_id: number
  superseded: boolean
  data: Record<string, RecordValue>
}
export interface BatchRow {
  id: number
  kind: string
  title: string
  title_en: string
  source: string
  file_name: string
  sha256: string
  rows: number
  accepted: number
  known: number
  refused: number
  received_at: Iso
  author: string
}
export interface RefusedRow {
  number: number
  code: string
  column: string
  message: string
  message_en: string
  row: Record<string, unknown>
}
export interface BatchDetail extends BatchRow { refused_rows: RefusedRow[] }
