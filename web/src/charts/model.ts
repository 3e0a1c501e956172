/** What a multi-track chart shows, free of any drawing library. Times are epoch milliseconds. */
import type { XY } from '@/lib/thin'

export type Span = [start: number, end: number]
export type Tone = 'pollutant' | 'aux' | 'production' | 'treatment'

export interface ChartLine {
  name: string
  points: XY[]
  /** `main` carries limits and shading, `raw` is the thin line of measured values beside converted ones */
  role: 'main' | 'raw'
}
export interface ChartLimit { from: number; to: number; value: number; side: 'high' | 'low'; label: string }
export interface LineTrack {
  kind: 'line'
  id: string
  title: string
  unit: string
  decimals: number | null
  tone: Tone
  lines: ChartLine[]
  limits: ChartLimit[]
  /** periods in which the facility runs, shaded */
  running: Span[]
  /** whether episodes are drawn strongly here, or only as a faint guide */
  strong: boolean
}
export interface DoorEvent { at: number; text: string }
export interface EventTrack { kind: 'events'; id: string; title: string; items: DoorEvent[] }
export type Track = LineTrack | EventTrack

export interface MarkBand { start: number; end: number; label: string; factor: string | null }
export interface Episode { start: number; end: number; level: number; factor: string | null }
export interface ChartModel { start: number; end: number; tracks: Track[]; episodes: Episode[]; marks: MarkBand[] }
