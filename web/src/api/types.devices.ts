import type { ActivityRow } from './types.casework'
import type { LinkRow } from './types.monitoring'
import type { Iso, Page, Ref } from './types'

/** A code with its words. */
export interface Said { code: string; text: string; text_en: string }
export interface Coded { code: string; name: string; name_en: string }

export type CommandState = 'queued' | 'sent' | 'accepted' | 'done' | 'failed' | 'expired'
export interface DeviceCommand {
  id: number
  cn: string
  st: string | null
  name: string
  name_en: string
  params: Record<string, string | number>
  /** what the fields of the command and of its answer are called */
  fields: Coded[]
  requested_by: string
  automatic: boolean
  /** answered by 9013 instead of 9011 and 9012 */
  notice: boolean
  reason: string | null
  requested_at: Iso
  expires_at: Iso
  state: CommandState
  state_text: string
  state_text_en: string
  sent_at: Iso | null
  done_at: Iso | null
  tries: number
  execution_s: number | null
  qn_rtn: number | null
  qn_text: string | null
  qn_text_en: string | null
  exe_rtn: number | null
  exe_text: string | null
  exe_text_en: string | null
  result: { packets?: number; values?: Record<string, unknown>; factors?: Record<string, Record<string, unknown>>; [key: string]: unknown } | null
  error_text: string | null
  error_text_en: string | null
}

export type OfferGroup = 'history' | 'time' | 'interval' | 'live' | 'status' | 'sampling' | 'key'
export interface OfferField {
  name: string
  optional: boolean
  kind: 'time' | 'number' | 'choice' | 'factor' | 'info' | 'text'
  label: string
  label_en: string
  low: number | null
  high: number | null
  choices: number[]
}
export interface Offer {
  key: string
  group: OfferGroup
  cn: string
  name: string
  name_en: string
  danger: string | null
  danger_en: string | null
  execution_s: number | null
  fields: OfferField[]
}

export interface DeviceSettings {
  standard: string | null
  profile: string | null
  allow_clear: boolean
  over_time: number
  re_count: number
  tolerate: string[]
  has_key: boolean
  has_previous_key: boolean
  key_coming: boolean
  key_made_at: Iso | null
  key_age_days: number | null
  key_days: number
}
export interface DevicePoint { id: number; st: string; kind: string; name: string; outlet_id: number; outlet: string; factors: Coded[] }
export interface DeviceDetail {
  link: LinkRow
  standard: string | null
  claimed: string | null
  identity: { vendor: string; standard: string; region_name: string; points: DevicePoint[] } | null
  settings: DeviceSettings
  connected: boolean
  connected_at: Iso | null
  crc_faults: number
  crc_rate: number | null
  tolerated: number
  seal: string | null
  clear: number
  rival: { frames: number; peer: string | null; at: Iso | null } | null
  commands: DeviceCommand[]
  offers: Offer[]
  infos: Coded[]
  similar: { mn: string; enterprise: Ref; by: 'number' | 'address' }[]
  timeline: ActivityRow[]
}
export interface DeviceFrame {
  shard: number
  seq: number
  received_at: Iso
  peer: string
  connection: number
  st: string | null
  cn: string | null
  name: string | null
  name_en: string | null
  qn: string | null
  flag: number | null
  fault: string | null
  fault_text: string | null
  fault_text_en: string | null
  size: number
}
export interface Gap {
  point_id: number
  point: string
  st: string
  cadence: string
  cn: string
  start: Iso
  end: Iso
  last: Iso
  missing: number
  tries: number
  state: string | null
  state_text: string | null
  state_text_en: string | null
}
export interface GapPage extends Page<Gap> { requests: DeviceCommand[] }
export interface Activation { hardware: string; infos: Record<string, string>; peer: string; first_seen: Iso; last_seen: Iso; mn: string | null }
export interface ProfileRow { name: string; name_zh: string; name_en: string; note: string; collisions: number }

export interface Loss { cause: string; text: string; text_en: string; lost: number }
export interface Rates {
  due: number
  received: number
  valid: number
  transmission: number | null
  validity: number | null
  effective: number | null
  causes: Loss[]
}
export interface RateRow extends Rates { id: string; name: string; period: string }
export interface TransmissionPage extends Page<RateRow> {
  trend: (Rates & { period: string })[]
  overall: Rates
  data: string
  definition: string
  definition_en: string
}
