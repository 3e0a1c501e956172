import { describe, expect, it } from 'vitest'
import type { Curve } from '@/api/types'
import { areasOf, clamp, episodeAreas, markAreas } from '@/charts/areas'
import { chartFromCurve, episodesOf, limitsOf } from '@/charts/fromCurve'
import { layout } from '@/charts/layout'
import type { LineTrack } from '@/charts/model'
import { axisMax, buildOption, niceAbove, wallText } from '@/charts/option'
import type { ChartTheme } from '@/charts/theme'
import { thin, type XY } from '@/lib/thin'
import { toWall } from '@/lib/time'

const HOUR = 3_600_000
const T0 = new Date('2026-11-01T00:00:00+08:00').getTime()
const at = (h: number): string => new Date(T0 + h * HOUR).toISOString()
const words = { value: '实测', reference: '折算', limit: '限值', doors: '门禁' }
const theme: ChartTheme = {
  font: 'sans-serif', text: '#000', muted: '#000', line: '#000', surface: '#fff', limit: '#f00', mark: '#888',
  tone: { pollutant: '#111111', aux: '#222222', production: '#333333', treatment: '#444444' },
  level: (level, alpha) => `L${level}@${alpha}`, alpha: (colour, alpha) => `${colour}@${alpha}`,
}

function curve(): Curve {
  return {
    outlet: { id: 1, code: 'DA001', name: '排口', medium: 'gas', enterprise: { id: 1, name: '甲' } },
    start: at(0), end: at(24), cadence: 'hour', step_s: 3600, thinned: false,
    series: [
      { factor: 'a19001', name: '氧含量', name_en: 'O₂', unit: '%', decimals: 1, points: [[at(0), 7, null, 'N', 'live']], limits: [] },
      {
        factor: 'a21026', name: '二氧化硫', name_en: 'SO₂', unit: 'mg/m³', decimals: 1,
        points: [[at(0), 20, 24, 'N', 'live'], [at(1), null, null, 'D', 'live'], [at(2), 40, 48, 'N', 'live']],
        limits: [
          { from: null, to: at(12), low: null, high: 50, averaging: 'hour', basis: 'x' },
          { from: at(12), to: null, low: null, high: 35, averaging: 'hour', basis: 'x' },
          { from: null, to: null, low: null, high: 20, averaging: 'day', basis: 'x' },
        ],
      },
    ],
    marks: [{ id: 1, kind: 'calibration', kind_text: '校准', start: at(3), end: at(4), factor: 'a21026', author: null, note: '', state: 'accepted', state_text: '已采信' }],
    power: [{ facility_id: 5, name: '风机', kind: 'production', unit: 'kW', rated_kw: 90, points: [[at(0), 80]], running: [[at(0), at(10)]] }],
    doors: [{ time: at(5), person: null, method: null, type: null, state: null, text: '开门' }],
  }
}
const episodes = episodesOf([{ level: 1, factor: 'a21026', episodes: [[at(2), at(6)], [at(30), at(31)]] }])
const model = chartFromCurve(curve(), { words, episodes })
const so2 = model.tracks[0] as LineTrack

describe('thinning', () => {
  const wave: XY[] = Array.from({ length: 20_000 }, (_, i) => [i, i === 7777 ? 999 : i === 8888 ? -999 : i === 9999 ? null : Math.sin(i)])
  it('keeps small input as it is', () => {
    expect(thin(wave.slice(0, 10))).toEqual(wave.slice(0, 10))
  })
  it('keeps the peak, the trough, the gap, the last point and the order', () => {
    const out = thin(wave, 1000)
    expect(out.length).toBeLessThanOrEqual(1005)
    expect(out).toContainEqual([7777, 999])
    expect(out).toContainEqual([8888, -999])
    expect(out).toContainEqual([9999, null])
    expect(out.at(-1)).toEqual(wave.at(-1))
    expect(out.every((p, i) => i === 0 || p[0] > out[i - 1]![0])).toBe(true)
  })
})

describe('curve → tracks', () => {
  it('puts pollutants first, then auxiliaries, power, doors', () => {
    expect(model.tracks.map((t) => t.id)).toEqual(['a21026', 'a19001', 'power-5', 'doors'])
  })
  it('draws converted values as the main line and measured ones beside it', () => {
    expect(so2.lines.map((l) => [l.role, l.name, l.points.map((p) => p[1])])).toEqual([['main', '折算', [24, null, 48]], ['raw', '实测', [20, null, 40]]])
  })
  it('judges an hourly curve by hourly limits, each within its dates', () => {
    expect(so2.limits.map((l) => [l.value, (l.to - l.from) / HOUR])).toEqual([[50, 12], [35, 12]])
    expect(chartFromCurve({ ...curve(), cadence: 'day' }, { words }).tracks[0]).toMatchObject({ limits: [{ value: 20 }] })
  })
  it('drops limits outside the window and keeps both sides of a range', () => {
    const limit = { from: null, to: null, low: 6, high: 9, averaging: 'instant', basis: '' }
    expect(limitsOf([limit], 'hour', [T0, T0 + HOUR], '限值').map((l) => l.side)).toEqual(['high', 'low'])
    expect(limitsOf([{ ...limit, to: at(-5) }], 'hour', [T0, T0 + HOUR], '限值')).toEqual([])
  })
  it('shows chosen factors only, and no power or doors when not wanted', () => {
    const small = chartFromCurve(curve(), { words, factors: ['a21026'], power: false, doors: false, english: true })
    expect(small.tracks.map((t) => t.title)).toEqual(['SO₂'])
  })
})

describe('episodes → shaded areas', () => {
  it('shades the exact hours strongly on the claimed factor and leaves out what lies outside the window', () => {
    const areas = episodeAreas(so2, model, theme)
    expect(areas).toEqual([[{ xAxis: toWall(at(2)), itemStyle: { color: 'L1@0.2', borderColor: 'L1@0.75', borderWidth: 1 } }, { xAxis: toWall(at(6)) }]])
  })
  it('is a faint guide on the other tracks', () => {
    const aux = model.tracks[1] as LineTrack
    expect(episodeAreas(aux, model, theme)[0]![0].itemStyle).toEqual({ color: 'L1@0.07' })
  })
  it('draws marks with their name on the factor they speak of', () => {
    expect(markAreas(so2, model, theme)[0]![0]).toMatchObject({ name: '校准', xAxis: toWall(at(3)) })
    expect(markAreas(model.tracks[1] as LineTrack, model, theme)).toEqual([])
  })
  it('shades running periods on the power track', () => {
    const power = model.tracks[2] as LineTrack
    expect(areasOf(power, model, theme)[0]![1].xAxis).toBe(toWall(at(10)))
  })
  it('clamps to the window and keeps an instant visible', () => {
    const window = { start: 0, end: HOUR }
    expect(clamp([-5, 10 * HOUR], window)).toEqual([0, HOUR])
    expect(clamp([1000, 1000], window)).toEqual([1000, 61_000])
    expect(clamp([2 * HOUR, 3 * HOUR], window)).toBeNull()
  })
})

describe('the drawn option', () => {
  const option = buildOption(model, { theme, phone: false, tip: () => document.createElement('div') })
  it('links all tracks on one time axis with one zoom', () => {
    const zooms = option.dataZoom as { xAxisIndex: number[] }[]
    expect(zooms.every((z) => z.xAxisIndex.length === 4)).toBe(true)
    expect((option.xAxis as { min: number; max: number }[]).every((x) => x.min === toWall(at(0)) && x.max === toWall(at(24)))).toBe(true)
  })
  it('shows Beijing wall time whatever the zone of the browser', () => {
    expect(option.useUTC).toBe(true)
    expect(wallText(toWall('2026-11-20T16:05:00Z'))).toBe('11-21 00:05')
  })
  it('keeps gaps open', () => {
    const series = option.series as { id: string; data: unknown[][]; connectNulls: boolean }[]
    expect(series[0]).toMatchObject({ id: 'a21026:main', connectNulls: false })
    expect(series[0]!.data[1]).toEqual([toWall(at(1)), null, 'D'])
  })
  it('makes room for the limit unless it would flatten the curve', () => {
    const track = (high: number): LineTrack => ({ ...so2, limits: [{ from: 0, to: 1, value: high, side: 'high', label: '' }] })
    expect(axisMax(track(100))).toBe(120)
    expect(axisMax(track(10))).toBeUndefined()
    expect(axisMax(track(500))).toBeUndefined()
  })
  it.each([[10, 12], [35, 40], [50, 60], [100, 120], [0.05, 0.06], [9.9, 12]])('ends the axis above %f at %f', (limit, end) => {
    expect(niceAbove(limit)).toBe(end)
  })
  it('stacks the tracks without overlap', () => {
    const { boxes, height } = layout(model.tracks, true)
    boxes.slice(1).forEach((box, i) => expect(box.top).toBeGreaterThanOrEqual(boxes[i]!.top + boxes[i]!.height))
    expect(height).toBeGreaterThan(boxes.at(-1)!.top + boxes.at(-1)!.height)
  })
})
