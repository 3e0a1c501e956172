import type { ActivityRow, ClueRow, NoticeRow, OrderRow, OutletRef } from './types.casework'
import type { Said } from './types.devices'
import type { HeldLimit } from './types.limits'
import type { RecordRow, SignalRow } from './types.records'
import type { Iso, LevelValue, PerLevel, Ref } from './types'

export interface Overview {
  counts: {
    enterprises: number
    outlets: number
    loggers: number
    online: number
    clues_open: PerLevel<number>
    orders_open: number
    orders_overdue: number
    notices_open: number
  }
  funnel: { findings: number; clues: number; orders: number; closed: number }
  period_days: number
  /** What came later waits to be taken in; null: nothing does. */
  known_until: Iso | null
  regions: RegionCount[]
  trend: ({ day: string } & PerLevel<number>)[]
}
export interface RegionCount {
  code: string
  name: string
  enterprises: number
  worst_level: LevelValue | null
  clues: PerLevel<number>
}
export interface MapEnterprise {
  id: number
  name: string
  lon: number
  lat: number
  region_code: string
  worst_level: LevelValue | null
  online: boolean | null
  outlets: number
}

export type LinkState = 'online' | 'silent' | 'offline' | 'never' | 'unregistered'
export interface LinkRow {
  mn: string
  known: boolean
  enterprise: Ref | null
  standard: string | null
  state: LinkState
  last_frame_at: Iso | null
  last_valid_at: Iso | null
  frames: number
  faults: number
  duplicates: number
  skipped: number
  skip_fault_text: string | null
  skip_fault_text_en: string | null
  skipped_at: Iso | null
  peer: string | null
  clock_skew_s: number | null
  /** what is wrong with it whatever its state */
  problems: Said[]
}
export interface LinkPage { items: LinkRow[]; total: number; summary: Partial<Record<LinkState, number>>; problems: (Said & { n: number })[] }
export interface FaultRow {
  shard: number
  seq: number
  received_at: Iso
  peer: string | null
  mn: string | null
  fault: string
  fault_text: string
  fault_text_en: string
  raw: string
  size: number
}
export interface FaultPage { items: FaultRow[]; total: number; counts: Record<string, { n: number; text: string; text_en: string }>; skips: SkipRow[] }
/** Frames that were acknowledged and could not be read. */
export interface SkipRow { mn: string; n: number; fault: string; at: Iso; text: string; text_en: string }
export interface FrameDetail {
  raw: string
  received_at: Iso
  peer: string | null
  parsed: FrameMeaning | null
  fault: string | null
  /** encrypted */
  sealed: boolean
  /** the plaintext of an encrypted frame, where the platform has the key */
  opened: string | null
}
export interface FrameMeaning {
  qn: string
  st: string
  cn: string
  mn: string
  flag: number | null
  pnum: number | null
  pno: number | null
  rf: boolean
  standard: string
  name: string | null
  name_en: string | null
  st_name: string | null
  st_name_en: string | null
  upload: FrameUpload | null
}
export interface FrameUpload {
  cadence: string
  data_time: string
  factors: { code: string; sent_code: string; name: string; name_en: string; unit: string; fields: Record<string, string> }[]
  infos: { code: string; text: string; name: string; name_en: string; unit: string; meaning: string | null; meaning_en: string | null }[]
}

export interface LatestRow {
  point_id: number
  outlet_id: number | null
  outlet_name: string | null
  enterprise_id: number | null
  enterprise_name: string | null
  factor: string
  factor_name: string
  factor_name_en: string
  unit: string
  time: Iso
  value: number | null
  reference: number | null
  flag: string | null
  limit: number | null
  /** lower end of a range (pH); a value within a range has no share of a limit */
  limit_low: number | null
  ratio: number | null
  state: string
}

export type Cadence = 'realtime' | 'minute' | 'hour' | 'day'
export type CurvePoint = [time: Iso, value: number | null, reference: number | null, flag: string | null, source: string | null]
export interface CurveLimit {
  from: Iso | null
  to: Iso | null
  low: number | null
  high: number | null
  averaging: string
  basis: string
}
export interface CurveSeries {
  factor: string
  name: string
  name_en: string
  unit: string
  decimals: number | null
  points: CurvePoint[]
  limits: CurveLimit[]
}
export interface CurvePower {
  facility_id: number
  name: string
  kind: 'production' | 'treatment' | 'total'
  unit: string
  rated_kw: number | null
  points: [time: Iso, kw: number | null][]
  running: [start: Iso, end: Iso][]
}
export interface CurveDoor { time: Iso; person: string | null; method: string | null; type: string | null; state: string | null; text: string }
export interface CurveMark {
  id: number
  kind: string
  kind_text: string
  start: Iso
  end: Iso
  factor: string | null
  author: string | null
  note: string
  state: string
  state_text: string
}
export interface Curve {
  outlet: { id: number; code: string; name: string; medium: Medium; enterprise: Ref }
  start: Iso
  end: Iso
  cadence: Cadence
  step_s: number
  series: CurveSeries[]
  marks: CurveMark[]
  power: CurvePower[]
  doors: CurveDoor[]
  thinned: boolean
}
export type Medium = 'gas' | 'water'

export type MarkKind =
  | 'stopped' | 'starting' | 'stopping' | 'calibration' | 'maintenance' | 'fault'
  | 'comm_loss' | 'power_loss' | 'replaced' | 'blowback' | 'standard_check'
export interface MarkRow extends CurveMark {
  point_id: number
  outlet_id: number
  outlet: OutletRef
  enterprise: Ref
}
export interface MarkInput {
  point_id: number
  factor?: string | null
  kind: MarkKind
  start: Iso
  end: Iso
  note: string
  file_ids?: number[]
}

export interface EnterpriseRow {
  id: number
  name: string
  short_name: string
  credit_code: string | null
  industry: string
  industry_en: string
  region_code: string
  region_name: string
  management_class: string
  is_key: boolean
  status: string
  outlets: number
  worst_level: LevelValue | null
  online: boolean | null
}
export interface PointRow { id: number; st: string; kind: 'gas' | 'water' | 'electricity' | 'door' | 'process'; name: string }
export interface LimitRow {
  id?: number
  factor: string
  factor_name?: string
  factor_name_en?: string
  averaging: string
  low: number | null
  high: number | null
  unit: string
  o2_reference: number | null
  basis: string
  valid_from: string
  valid_to: string | null
}
export interface FacilityRow {
  id: number
  kind: 'production' | 'treatment' | 'total'
  code: string
  name: string
  meter_no: string | null
  rated_kw: number | null
  machine: string
  machine_text: string
  machine_text_en: string
  in_permit: boolean
}
export interface OutletRow {
  id: number
  code: string
  name: string
  medium: Medium
  kind: string
  points: PointRow[]
  limits: HeldLimit[]
  facilities: FacilityRow[]
  signals: SignalRow[]
}
export interface EnterpriseDetail extends Omit<EnterpriseRow, 'outlets'> {
  address: string
  contact: string
  phone: string
  permit_no: string
  lon: number | null
  lat: number | null
  outlets: OutletRow[]
  loggers: LinkRow[]
  clues: ClueRow[]
  orders: OrderRow[]
  notices: NoticeRow[]
  records: RecordRow[]
  timeline: ActivityRow[]
  visits_this_year: number
}
export interface Region { code: string; name: string; level: string | number; parent: string | null }
/** Of GB/T 4754-2017; narrower ones begin with the code of the wider. */
export interface Industry { code: string; name: string; name_en: string }
export interface Factor { code: string; name: string; name_en: string; unit: string; medium: string; decimals: number | null }

export interface Precision { right: number; wrong: number; unsure: number; value: number | null }
export interface ModelRow {
  code: string
  title: string
  title_en: string
  class: string
  class_text: string
  class_text_en: string
  status: string
  status_text: string
  status_text_en: string
  /** who put the model into its status here */
  decided?: { by: string; at: Iso; reason: string } | null
  kernel: string
  version: number
  hash: string
  certainty: string
  inputs: string[]
  inputs_en: string[]
  levels: Partial<PerLevel<string | null>>
  levels_en: Partial<PerLevel<string | null>>
  precision: Precision
  last_run_at: Iso | null
  last_count: number | null
  hits_30d: number
  coverage: number | null
  runtime_ms: number | null
}
export interface ModelRunRow {
  at: Iso
  start: Iso
  end: Iso
  findings: number
  suppressed: number
  series: number
  /** share of the due values that were there */
  covered: number
  seconds: number
  version: number
}
/** What a model has learned: an artefact, of when and what, and who put it in force. */
export interface TrainedRow {
  hash: string
  state: 'in_force' | 'draft' | 'outdated'
  state_text: string
  state_text_en: string
  model_version: number
  industry: string
  start: Iso
  end: Iso
  outlets: number
  seed: number
  libraries: Record<string, string>
  metrics: Record<string, number>
  by: string | null
  at: Iso | null
  reason: string
}
export interface ModelDetail extends ModelRow {
  description: string
  description_en: string
  params: Record<string, unknown>
  basis: string[]
  basis_en: string[]
  excludes: string[]
  false_positives: string[]
  false_positives_en: string[]
  check_on_site: string[]
  check_on_site_en: string[]
  evidence: string[]
  clues: ClueRow[]
  timeline: ActivityRow[]
  runs: ModelRunRow[]
  /** null: a model that does not learn */
  trained: TrainedRow[] | null
}
