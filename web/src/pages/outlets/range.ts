/** Time ranges of the outlet page and the cadence that suits them. */
import type { Cadence } from '@/api/types'
import { beijing, isoBeijing } from '@/lib/time'

export type Preset = '6h' | '24h' | '7d' | '30d' | '90d'
export const PRESETS: Preset[] = ['6h', '24h', '7d', '30d', '90d']
const HOURS: Record<Preset, number> = { '6h': 6, '24h': 24, '7d': 168, '30d': 720, '90d': 2160 }

export interface Range { start: string; end: string }

export function presetRange(preset: Preset, now: number = Date.now()): Range {
  return { start: isoBeijing(now - HOURS[preset] * 3_600_000), end: isoBeijing(now) }
}

/** From Beijing's New Year to now. */
export function sinceNewYear(now: number = Date.now()): Range {
  return { start: `${beijing(now, 'day').slice(0, 4)}-01-01T00:00:00+08:00`, end: isoBeijing(now) }
}

/** A period with a day on either side, to see what it stands out from; never beyond now. */
export function around({ start, end }: Range, now: number = Date.now()): Range {
  const day = 24 * 3_600_000
  return { start: isoBeijing(new Date(start).getTime() - day), end: isoBeijing(Math.min(new Date(end).getTime() + day, now)) }
}

/** Temperature, pressure, humidity, velocity explain little at first sight; one click brings them back. */
export const USUALLY_HIDDEN: readonly string[] = ['a01011', 'a01012', 'a01013', 'a01014', 'w01010']

/** Every value up to six hours, hours up to thirty-one days, days beyond: a curve has some hundred points. */
export function cadenceFor({ start, end }: Range): Cadence {
  const hours = (new Date(end).getTime() - new Date(start).getTime()) / 3_600_000
  if (hours <= 6) return 'realtime'
  return hours <= 31 * 24 ? 'hour' : 'day'
}
