import type { Iso, LevelValue, PerLevel, Ref } from './types'
import type { LimitRow, LatestRow, Medium, Precision } from './types.monitoring'

export interface ActivityRow {
  at: Iso
  actor: string | Ref | null
  action: string
  text: string
  text_en: string
  data: Record<string, unknown>
}
export interface FileRow {
  id: number
  name: string
  kind: 'photo' | 'file' | 'frozen_input' | 'raw_frames'
  size: number
  content_type: string
  sha256: string
  captured_at: Iso | null
  received_at: Iso
  author: string | Ref | null
}
export interface OutletRef { id: number; code: string; name: string }
export interface OutletBrief extends OutletRef { medium: Medium }
export interface ActionState { action: string; text?: string; allowed: boolean; unmet: string[]; unmet_en: string[] }
export interface TimeWindow { start: Iso; end: Iso }

export type ClueState = 'open' | 'claimed' | 'noticed' | 'ordered' | 'invalid' | 'merged' | 'closed'
export interface FactorBrief { code: string; name: string; name_en: string }
export interface ModelBrief { code: string; title: string; title_en: string }
export interface ClueRow {
  id: number
  number: string
  level: LevelValue
  state: ClueState
  state_text: string
  class: string
  class_text: string
  class_text_en: string
  title: string
  title_en: string
  enterprise: Ref
  outlet: OutletBrief | null
  region_name: string
  factors: FactorBrief[]
  models: ModelBrief[]
  first_at: Iso
  last_at: Iso
  findings: number
  open: boolean
  claimed_by: string | Ref | null
  suggested: 'remind' | 'warn' | 'order' | 'check'
}
export interface CluePage { items: ClueRow[]; total: number; counts: { level: PerLevel<number>; state: Partial<Record<ClueState, number>> } }
export interface ExclusionRow {
  code: string
  text: string
  text_en: string
  result: 'excluded' | 'not_excluded' | 'unknown' | 'not_applicable'
  detail: string | null
  detail_en?: string | null
}
export interface FindingRow {
  id: number
  model: ModelBrief & { version: number; hash: string; certainty: string; status: string }
  level: LevelValue
  start: Iso
  end: Iso
  open: boolean
  /** when a later look at the same readings no longer found it */
  withdrawn_at: Iso | null
  factor: FactorBrief | null
  claim: string
  claim_en: string
  /** what the model looks for and why that matters */
  description: string
  description_en: string
  measures: Record<string, number | string>
  /** the measures its model judges by, in words */
  measured: { text: string; text_en: string }[]
  crossed: { level: LevelValue; measure: string; value: number; unit: string; text: string; text_en: string }
  next_level: { level: LevelValue; text: string; text_en: string } | null
  /** The level it gives the clue: a statistical sign needs a second model for level 1. */
  counts_as: LevelValue
  thresholds: Partial<PerLevel<string>>
  thresholds_en: Partial<PerLevel<string>>
  threshold_source: string
  threshold_source_en: string
  exclusions: ExclusionRow[]
  episodes: [start: Iso, end: Iso][]
  basis: string[]
  basis_en: string[]
  false_positives: string[]
  false_positives_en: string[]
  check_on_site: string[]
  check_on_site_en: string[]
  input_hash: string
  precision: Precision
}
export interface VerdictRow { model_code: string; right: Right; right_text: string; reason: string; by: string; at: Iso }
/** What M734 holds for the likeliest kind of a clue; for reading, it decides nothing. */
export interface LikelyKind {
  kind: 'cheat' | 'fault' | 'upkeep'
  text: string
  text_en: string
  p: number
  strength: string
  strength_en: string
  chances: { kind: string; text: string; text_en: string; p: number }[]
  because: { text: string; text_en: string }[]
  at: Iso
  artefact: string
  model_status: string
}
export interface ClueDetail extends Omit<ClueRow, 'findings'> {
  findings: FindingRow[]
  likely: LikelyKind | null
  decision: string
  reason: string
  note: string
  merged_into: number | null
  verdicts: VerdictRow[]
  reasons: { code: string; text: string; text_en: string }[]
  window: TimeWindow
  timeline: ActivityRow[]
  history: { clues: number; confirmed: number; rejected: number; items: ClueRow[] }
  similar: ClueRow[]
  evidence: FileRow[]
  notices: NoticeRow[]
  orders: OrderRow[]
  actions: ActionState[]
}
export type Right = 'yes' | 'no' | 'unsure'
export interface Verdict { model_code: string; right: Right; reason: string }
export interface Decision {
  action: 'claim' | 'invalid' | 'remind' | 'warn' | 'order' | 'merge'
  reason?: string
  note?: string
  /** words of a reminder or warning; the server writes them from the claims when empty */
  text?: string
  into?: number
  assignee_id?: number
  due_days?: number
  verdicts?: Verdict[]
}

export type NoticeState = 'sent' | 'read' | 'answered' | 'objected' | 'accepted' | 'rejected' | 'overdue'
export interface NoticeRow {
  id: number
  number: string
  level: LevelValue
  kind: 'reminder' | 'warning'
  kind_text: string
  state: NoticeState
  state_text: string
  enterprise: Ref
  outlet: OutletRef | null
  text: string
  sent_at: Iso
  read_at: Iso | null
  due_at: Iso | null
  overdue: boolean
  clue_id: number | null
}
export interface NoticePage { items: NoticeRow[]; total: number; counts: Partial<Record<NoticeState, number>> }
export interface NoticeDetail extends NoticeRow {
  review_note: string
  replies: { id: number; kind: 'answer' | 'objection'; text: string; files: FileRow[]; author: string | Ref | null; at: Iso }[]
  timeline: ActivityRow[]
  actions: ActionState[]
  window: TimeWindow
}

export type OrderState = 'draft' | 'dispatched' | 'accepted' | 'on_site' | 'submitted' | 'rectifying' | 'closed'
export interface OrderRow {
  id: number
  number: string
  title: string
  title_en: string
  level: LevelValue
  state: OrderState
  state_text: string
  enterprise: Ref
  outlet: OutletRef | null
  region_name: string
  assignee: Ref | null
  due_at: Iso | null
  overdue: boolean
  created_at: Iso
  clue_id: number | null
}
export interface OrderPage { items: OrderRow[]; total: number; counts: Partial<Record<OrderState | 'overdue', number>> }
export interface InspectionAnswer { n: number; result: 'ok' | 'problem' | 'not_checked'; note: string; file_ids: number[] }
export interface InspectionView {
  revision: number
  answers: InspectionAnswer[]
  conclusion: 'problem' | 'no_problem' | null
  summary: string
  started_at: Iso | null
  finished_at: Iso | null
  lon: number | null
  lat: number | null
  files: FileRow[]
}
export interface RectificationRow {
  id: number
  order_id: number
  order_number: string
  enterprise: Ref
  requirement: string
  due_at: Iso
  overdue: boolean
  state: 'pending' | 'reported' | 'returned' | 'accepted'
  state_text: string
  report: string | null
  reported_at: Iso | null
  files: FileRow[]
  reviewed_by: string | Ref | null
  review_note: string | null
  actions: ActionState[]
}
export interface OrderDetail extends OrderRow {
  instructions: { n: number; text: string; why: string }[]
  clue: ClueRow | null
  claim: string | null
  claim_en: string | null
  models: ModelBrief[]
  window: TimeWindow | null
  inspection: InspectionView | null
  rectifications: RectificationRow[]
  timeline: ActivityRow[]
  actions: ActionState[]
}
export interface OfficerRow { id: number; name: string; region_name: string; open_orders: number }

export interface PortalHome {
  enterprise: Ref & { short_name: string; permit_no: string; address: string; region_name: string }
  outlets: (OutletBrief & { latest: LatestRow[]; limits: LimitRow[] })[]
  notices: NoticeRow[]
  rectifications: RectificationRow[]
}
export interface TodoItem { kind: 'clue' | 'order' | 'notice' | 'rectification' | 'mark'; id: number; title: string; title_en: string; due_at: Iso | null; level: LevelValue | null }
