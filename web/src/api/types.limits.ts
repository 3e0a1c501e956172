/** Emission limits of outlets, and the standards they may come from. */
import type { LimitRow, Medium } from './types.monitoring'

export interface HeldLimit extends LimitRow {
  id: number
  factor_name: string
  factor_name_en: string
  origin: 'permit' | 'standard'
  standard_row: string
  certainty: string
  author_id: number | null
  author: string | null
  confirmed_by: string | null
}
export interface StandardRow {
  name: string
  status: 'in_force' | 'superseded' | 'policy'
  replaced_by: string
  region: string
  industries: string[]
  industries_en: string[]
  media: Medium[]
  rows: number
  usable: number
}
export interface StandardLimit {
  id: string
  industry: string
  industry_en: string
  outlet: string
  condition: string
  condition_en: string
  pollutant: string
  limit: string
  unit: string
  medium: Medium
  factor: string | null
  factor_name: string
  factor_name_en: string
  low: number | null
  high: number | null
  factor_unit: string
  averaging: string
  averaging_text: string
  averaging_text_en: string
  o2: string
  certainty: string
  basis: string
  reason: string | null
  reason_text: string
  reason_text_en: string
}
export interface StandardDetail extends StandardRow { limits: StandardLimit[] }
export interface PermitLimit {
  factor: string
  averaging: 'hour' | 'day' | 'instant'
  low: number | null
  high: number | null
  o2_reference: number | null
  basis: string
  valid_from: string
  valid_to: string | null
}
export interface AppliedLimits {
  made: HeldLimit[]
  refused: { row: string; reason: string; reason_text: string; reason_text_en: string }[]
}
