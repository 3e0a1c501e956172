/** Models built without code: what the form offers, what it holds, how it reads back. */
import type { ActionState, ActivityRow, Iso, Measure, Page, PerLevel, Ref } from './types'

export interface Option { value: string; zh: string; en: string }
export interface BuilderParam {
  name: string
  kind: 'choice' | 'number' | 'integer'
  zh: string
  en: string
  default: number | string | null
  /** `factor`: that of the factors chosen */
  unit: string
  min: number
  max: number
  choices: Option[]
  hint: string
  hint_en: string
}
export type DataKind = 'hour' | 'day' | 'power'
export type Numbers = Record<string, number | null>
export interface BuilderBlock {
  name: string
  data: DataKind
  title: string
  title_en: string
  explain: string
  explain_en: string
  media: string[]
  subject: Option[]
  category: string
  params: BuilderParam[]
  measures: Measure[]
  levels: Record<string, Record<string, number>>
  clear_after: number
  excludes: Option[]
  /** exclusions ticked to start with */
  suggested: string[]
  always: Option[]
  basis: string[]
  every_factor: boolean
}
export interface BasisRow { name: string; text: string; text_en: string; since: string | null; until: string | null; now: boolean }
export interface Builder { blocks: BuilderBlock[]; bases: BasisRow[]; categories: Option[]; region: string }
export interface BuilderForm {
  block: string
  medium: 'gas' | 'water'
  subject: string
  factors: string[]
  params: Record<string, number | string | null>
  excludes: string[]
  levels: Partial<PerLevel<Numbers>>
  every: boolean
  clear_after: number
  category: string
  title: string
  title_en: string
  purpose: string
  basis: string[]
  check_on_site: string[]
  false_positives: string[]
  region: string
  industry: string
}
export interface Problem { field: string; text: string; text_en: string }
export interface Reading { sentence: string; sentence_en: string; problems: Problem[]; measures: Measure[]; yaml: string }
export type OwnState = 'draft' | 'review' | 'approved' | 'discarded'
export interface OwnRow {
  id: number
  code: string
  version: number
  title: string
  state: OwnState
  state_text: string
  state_text_en: string
  complete: boolean
  hash: string
  block_title: string
  block_title_en: string
  region_name: string
  author: Ref
  editor: Ref
  updated_at: Iso
  decided_by: Ref | null
  decided_at: Iso | null
  decided_reason: string
  in_force: boolean
  status: string
  status_text: string
  status_text_en: string
}
export interface OwnPage extends Page<OwnRow> { counts: Record<string, number> }
export interface OwnDetail extends OwnRow {
  form: BuilderForm
  reading: Reading
  actions: ActionState[]
  previews: { id: number }[]
  /** the preview of this very content */
  previewed: number | null
  versions: OwnRow[]
  timeline: ActivityRow[]
}
