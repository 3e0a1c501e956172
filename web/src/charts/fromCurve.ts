/** The API's curve → tracks on one time axis: pollutants first, then O₂/flow, power, doors. */
import type { Curve, CurveDoor, CurveLimit, CurveMark, CurvePower, CurveSeries } from '@/api/types'
import { formatUnit } from '@/lib/number'
import { thin, type XY } from '@/lib/thin'
import type { ChartLimit, ChartLine, ChartModel, Episode, LineTrack, Span, Track } from './model'

export interface ChartWords { value: string; reference: string; limit: string; doors: string }
export interface CurveOptions {
  words: ChartWords
  english?: boolean
  /** factors to show; all when absent */
  factors?: readonly string[]
  /** averaging whose limits are drawn; follows the cadence when absent */
  averaging?: string
  episodes?: Episode[]
  power?: boolean
  doors?: boolean
  /** name of a mark; the server's Chinese one when absent */
  markText?: (mark: CurveMark) => string
}

/** Flow, O₂, temperature, pressure, velocity, humidity: they explain pollutants, they are not judged. */
const AUX = new Set(['a19001', 'a00000', 'a01011', 'a01012', 'a01013', 'a01014', 'w00000', 'w01010', 'a01001', 'a01002', 'a01006'])
export function isAux(factor: string): boolean {
  return AUX.has(factor)
}

const ms = (iso: string): number => new Date(iso).getTime()

/** Limits of one averaging period clamped to the window; an hourly curve is judged by hourly limits only. */
export function limitsOf(limits: CurveLimit[], averaging: string, window: Span, word: string): ChartLimit[] {
  return limits
    .filter((limit) => limit.averaging === averaging || limit.averaging === 'instant')
    .flatMap((limit) => {
      const from = Math.max(window[0], limit.from ? ms(limit.from) : window[0])
      const to = Math.min(window[1], limit.to ? ms(limit.to) : window[1])
      if (from >= to) return []
      const sides = [['high', limit.high], ['low', limit.low]] as const
      return sides.flatMap(([side, value]) => (value === null ? [] : [{ from, to, value, side, label: `${word} ${value}` }]))
    })
}

export function linesOf(series: CurveSeries, words: ChartWords): ChartLine[] {
  const converted = series.points.some((point) => point[2] !== null)
  const measured: XY[] = series.points.map(([at, value, , flag]) => [ms(at), value, flag])
  if (!converted) return [{ name: words.value, points: thin(measured), role: 'main' }]
  const reference: XY[] = series.points.map(([at, , value, flag]) => [ms(at), value, flag])
  return [
    { name: words.reference, points: thin(reference), role: 'main' },
    { name: words.value, points: thin(measured), role: 'raw' },
  ]
}

function averagingOf(curve: Curve, options: CurveOptions): string {
  return options.averaging ?? (curve.cadence === 'day' ? 'day' : 'hour')
}

function seriesTrack(series: CurveSeries, curve: Curve, window: Span, options: CurveOptions): LineTrack {
  const aux = isAux(series.factor)
  return {
    kind: 'line',
    id: series.factor,
    title: options.english && series.name_en ? series.name_en : series.name,
    unit: formatUnit(series.unit),
    decimals: series.decimals,
    tone: aux ? 'aux' : 'pollutant',
    lines: linesOf(series, options.words),
    limits: aux ? [] : limitsOf(series.limits, averagingOf(curve, options), window, options.words.limit),
    running: [],
    strong: !aux && (options.episodes ?? []).some((e) => e.factor === null || e.factor === series.factor),
  }
}

function powerTrack(power: CurvePower): LineTrack {
  return {
    kind: 'line',
    id: `power-${power.facility_id}`,
    title: power.name,
    unit: power.unit || 'kW',
    decimals: 1,
    tone: power.kind === 'treatment' ? 'treatment' : 'production',
    lines: [{ name: power.name, points: thin(power.points.map(([at, kw]) => [ms(at), kw])), role: 'main' }],
    limits: [],
    running: power.running.map(([from, to]) => [ms(from), ms(to)]),
    strong: false,
  }
}

function doorTrack(doors: CurveDoor[], title: string): Track {
  return { kind: 'events', id: 'doors', title, items: doors.map((door) => ({ at: ms(door.time), text: door.text })) }
}

function shownSeries(curve: Curve, factors: readonly string[] | undefined): CurveSeries[] {
  const shown = factors ? curve.series.filter((s) => factors.includes(s.factor)) : curve.series
  return [...shown].sort((a, b) => Number(isAux(a.factor)) - Number(isAux(b.factor)))
}

export function chartFromCurve(curve: Curve, options: CurveOptions): ChartModel {
  const window: Span = [ms(curve.start), ms(curve.end)]
  const tracks: Track[] = shownSeries(curve, options.factors).map((s) => seriesTrack(s, curve, window, options))
  if (options.power !== false) tracks.push(...curve.power.map(powerTrack))
  if (options.doors !== false && curve.doors.length) tracks.push(doorTrack(curve.doors, options.words.doors))
  return {
    start: window[0],
    end: window[1],
    tracks,
    episodes: options.episodes ?? [],
    marks: curve.marks.map((m) => ({ start: ms(m.start), end: ms(m.end), label: options.markText ? options.markText(m) : m.kind_text, factor: m.factor })),
  }
}

/** Finding episodes `[start, end]` (ISO) → chart episodes. */
export function episodesOf(findings: { episodes: [string, string][]; level: number; factor: string | null }[]): Episode[] {
  return findings.flatMap((f) => f.episodes.map(([from, to]) => ({ start: ms(from), end: ms(to), level: f.level, factor: f.factor })))
}
