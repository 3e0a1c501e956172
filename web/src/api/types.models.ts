import type { Iso, LevelValue, PerLevel, Ref } from './types'
import type { OutletRef } from './types.casework'
import type { Precision } from './types.monitoring'

export type LevelKey = '1' | '2' | '3'
/** Alternatives, each a set of measures that all have to be reached. */
export type Condition = Record<string, number>[]
/** null switches a level off; a level that is not named stays as it is. */
export type SetLevels = Partial<PerLevel<Condition | null>>
export type ThresholdScope = 'industry' | 'region' | 'enterprise'
export interface Measure { name: string; zh: string; en: string; unit: string; decimals: number; flag: boolean; scale: number }
export interface Level1 { on: boolean; confirmed_by: string | null; by: Ref | null; at: Iso | null; reason: string }
export interface ThresholdRow {
  id: number
  model_code: string
  model_title: string
  model_title_en: string
  scope: ThresholdScope
  value: string
  value_text: string
  value_text_en: string
  levels: SetLevels
  texts: Partial<PerLevel<string>>
  texts_en: Partial<PerLevel<string>>
  valid_from: string
  valid_to: string | null
  state: 'proposed' | 'in_force' | 'rejected'
  author: Ref
  reason: string
  created_at: Iso
  decided_by: Ref | null
  decided_at: Iso | null
  decided_reason: string
  may_approve: boolean
  may_end: boolean
}
export interface ModelThresholds {
  items: ThresholdRow[]
  total: number
  defaults: Partial<Record<'gas' | 'water', Partial<PerLevel<Condition>>>>
  measures: Measure[]
  level1: Level1
}
export interface Proposal { scope: ThresholdScope; value: string; levels: SetLevels }
export interface Told {
  levels: PerLevel<number>
  work_orders: number
  hits_total: number
  hits: { outlet_id: number; outlet: string; enterprise: string; factor_name: string | null; level: LevelValue; start: Iso; end: Iso; claim: string; claim_en: string }[]
}
export interface Backtest {
  id: number
  start: Iso
  end: Iso
  state: 'queued' | 'running' | 'done' | 'failed'
  result: (Told & {
    outlets: number
    covered: number
    suppressed: number
    overlap: { both: number; only_stored: number; only_new: number }
    verdicts: { right: number; wrong: number; unsure: number }
    proposed?: Told | null
  }) | null
  error: { message?: string; message_en?: string } | null
}
/** A back-test without its result; `preview` if it tries a threshold. */
export interface BacktestRow {
  id: number
  start: Iso
  end: Iso
  region: string
  region_name: string
  level1: boolean
  preview: boolean
  state: Backtest['state']
  author: Ref
  created_at: Iso
}
/** A finding without a clue: of a model on trial, or suppressed. */
export interface UnheardRow {
  id: number
  why: 'trial' | 'suppressed'
  level: LevelValue
  enterprise: Ref
  outlet: OutletRef
  start: Iso
  end: Iso
  claim: string
  claim_en: string
}
export interface SuppressionRow {
  id: number
  model_code: string | null
  enterprise: Ref
  outlet: OutletRef | null
  start: Iso
  end: Iso
  active: boolean
  author: Ref
  reason: string
  findings: number
}
export interface EvaluationMonth extends Precision { month: string; findings: PerLevel<number> }
export interface Evaluation {
  precision: Precision
  false_alarm_rate: number | null
  coverage: number | null
  delay: { findings: number; median_h: number | null; p90_h: number | null }
  months: EvaluationMonth[]
}
