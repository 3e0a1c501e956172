import { describe, expect, it } from 'vitest'
import { formatBytes, formatCount, formatMs, formatShare, formatUnit, formatValue } from '@/lib/number'
import { personName } from '@/lib/people'
import { toneOf } from '@/lib/states'
import { ago, asPicked, beijing, fromWall, hoursLeft, isoBeijing, pickedAsBeijing, toWall } from '@/lib/time'
import { visibleBytes } from '@/pages/devices/frame'
import { asText, entries } from '@/pages/models/text'

describe('numbers', () => {
  it.each([[null, undefined, '—'], [Number.NaN, 1, '—'], [35, 2, '35.00'], [0.04567, null, '0.0457'], [12.3456, undefined, '12.3'], [12345.6, null, '12346'], [0, null, '0']])('%s with %s digits is %s', (value, digits, text) => {
    expect(formatValue(value, digits)).toBe(text)
  })
  it('counts, shares, sizes, durations', () => {
    expect(['mg/m3', 'm3/s', 'mg/L', 'Nm³/h', 'kg/m2'].map(formatUnit)).toEqual(['mg/m³', 'm³/s', 'mg/L', 'Nm³/h', 'kg/m²'])
    expect(formatCount(1234567)).toBe('1,234,567')
    expect(formatCount(null)).toBe('—')
    expect(formatShare(0.8734)).toBe('87 %')
    expect(formatShare(0.8734, 1)).toBe('87.3 %')
    expect(formatShare(null)).toBe('—')
    expect([512, 2048, 3_145_728].map(formatBytes)).toEqual(['512 B', '2.0 kB', '3.0 MB'])
    expect([null, 87.4, 1234].map(formatMs)).toEqual(['—', '87 ms', '1.2 s'])
  })
})

describe('Beijing time', () => {
  const at = '2026-11-20T16:05:09Z' // already the 21st in Beijing
  it.each([['full', '2026-11-21 00:05:09'], ['minute', '2026-11-21 00:05'], ['day', '2026-11-21'], ['clock', '00:05:09'], ['short', '11-21 00:05']] as const)('%s → %s', (style, text) => {
    expect(beijing(at, style)).toBe(text)
  })
  it('shows a dash for nothing and for nonsense', () => {
    expect(beijing(null)).toBe('—')
    expect(beijing('not a time')).toBe('—')
  })
  it('speaks +08:00', () => {
    expect(isoBeijing(at)).toBe('2026-11-21T00:05:09+08:00')
    expect(fromWall(toWall(at))).toBe('2026-11-21T00:05:09+08:00')
  })
  it('lets a picker in any zone mean Beijing wall time', () => {
    expect(pickedAsBeijing(new Date(2026, 10, 21, 8, 30))).toBe('2026-11-21T08:30:00+08:00')
    expect(pickedAsBeijing(asPicked(at))).toBe('2026-11-21T00:05:09+08:00')
  })
  it('measures ago in the largest unit and never runs backwards', () => {
    const t0 = new Date(at).getTime()
    expect(ago(at, t0 + 42_000)).toEqual({ n: 42, unit: 'second' })
    expect(ago(at, t0 + 3_599_000)).toEqual({ n: 59, unit: 'minute' })
    expect(ago(at, t0 + 7_300_000)).toEqual({ n: 2, unit: 'hour' })
    expect(ago(at, t0 + 200_000_000)).toEqual({ n: 2, unit: 'day' })
    expect(ago(at, t0 - 5000)).toEqual({ n: 0, unit: 'second' })
    expect(hoursLeft(at, t0 + 7_200_000)).toBe(-2)
  })
})

describe('texts', () => {
  it('names people', () => {
    expect([personName(null), personName('李工'), personName({ name: '王工' })]).toEqual(['', '李工', '王工'])
  })
  it('gives every known state a tone and unknown ones a quiet one', () => {
    expect(['overdue', 'silent', 'open', 'online', 'invalid', 'whatever'].map(toneOf)).toEqual(['bad', 'warn', 'info', 'ok', 'idle', 'idle'])
  })
  it('makes control characters of a raw frame visible', () => {
    expect(visibleBytes('##00\r\n\u0007')).toBe('##00␍␊\\x07')
  })
  it('shows catalogue values of any shape', () => {
    expect(asText([1, { text: 'a', from: 'b' }, null])).toBe('1、a b、—')
    expect(entries({ ratio: 1, d: { clear: '3 h' } })).toEqual([['ratio', '1'], ['d', '3 h']])
  })
})
