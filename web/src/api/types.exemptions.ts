import type { OutletRef } from './types.casework'
import type { Iso } from './types'
import type { CurveMark, MarkKind } from './types.monitoring'

/** Hours used in a Beijing period up to now; `left` is null where there is no cap. */
export interface ExemptPeriod {
  start: Iso
  end: Iso
  used: number
  left: number | null
}
export interface ExemptWindow {
  kinds: MarkKind[]
  factors: { factor: string; name: string; name_en: string }[]
  event_hours: number | null
  side: 'first' | 'last'
  every: 'year' | 'quarter'
  allowed: number | null
  certainty: string
  source: string
  periods: ExemptPeriod[]
}
/** A mark: `counted` of its `hours` are exempt; `reason` says why not all. */
export interface ExemptEntry {
  id: number
  kind: MarkKind
  kind_text: string
  start: Iso
  end: Iso
  author: string
  by_enterprise: boolean
  note: string
  state: CurveMark['state']
  state_text: string
  hours: number
  counted: number
  reason: '' | 'returned' | 'factor' | 'used_up' | 'unreviewed' | 'too_long'
}
export interface Exemptions {
  outlet: OutletRef
  year: number
  until: Iso
  windows: ExemptWindow[]
  entries: ExemptEntry[]
}
