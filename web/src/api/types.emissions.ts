import type { OutletRef } from './types.casework'
import type { Iso } from './types'

/** kg by origin; `measured`, `substituted`, `unknown` count cells: hours of gas, days of water. */
export interface Amounts {
  kg: number
  measured_kg: number
  substituted_kg: number
  measured: number
  substituted: number
  unknown: number
  capture: number
  equivalents: number | null
}
export interface FactorAmounts extends Amounts {
  factor: string
  name: string
  name_en: string
  periods: (Amounts & { period: string })[]
}
export interface Emissions {
  outlet: OutletRef
  start: Iso
  end: Iso
  every: string
  cell: string
  items: FactorAmounts[]
  definition: string
  definition_en: string
}
