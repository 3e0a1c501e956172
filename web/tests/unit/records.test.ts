import { describe, expect, it } from 'vitest'
import type { RecordColumn, RecordRow } from '@/api/types'
import { gist, rowOf, timeText, titleOf, valueText, type Words } from '@/pages/records/values'

const words: Words = { pick: (zh) => zh, yes: '是', no: '否', factor: (code) => (code === 'a21026' ? '二氧化硫' : code) }
function column(name: string, type: RecordColumn['type'], more: Partial<RecordColumn> = {}): RecordColumn {
  return { name, title: name, title_en: `${name} in English`, type, unit: '', required: false, own: true, choices: [], ...more }
}
const row = { start: '2026-11-01T00:00:00+00:00', end: '2026-11-01T00:00:00+00:00' } as RecordRow

describe('cells of records', () => {
  it('say what they mean', () => {
    const kind = column('kind', 'choice', { choices: [{ code: 'zero', title: '零点校准', title_en: 'zero calibration' }] })
    expect(valueText('zero', kind, words)).toBe('零点校准')
    expect(valueText('other', kind, words)).toBe('other')
    expect(valueText(true, column('passed', 'flag'), words)).toBe('是')
    expect(valueText(false, column('passed', 'flag'), words)).toBe('否')
    expect(valueText('a21026', column('factor', 'factor'), words)).toBe('二氧化硫')
    expect(valueText(1.5, column('error', 'number', { unit: '%' }), words)).toBe('1.5%')
    expect(valueText(0, column('amount', 'number', { unit: 'kg' }), words)).toBe('0 kg')
    expect(valueText('2026-11-01T00:00:00+00:00', column('at', 'time'), words)).toBe('2026-11-01 08:00')
  })

  it('are a dash where nothing is said', () => {
    for (const nothing of [undefined, null, '']) expect(valueText(nothing, column('x', 'text'), words)).toBe('—')
  })

  it('fit one line', () => {
    const said = { ...row, data: { factor: 'a21026', error: 2 } }
    const columns = [column('start', 'time', { own: false }), column('factor', 'factor'), column('error', 'number', { unit: '%' }), column('note', 'text')]
    expect(gist(said, columns, words)).toBe('因子 二氧化硫 · Error 2%')
  })
})

describe('titles and times', () => {
  it('begin with a capital in English', () => {
    const english = (_: string, text: string | null | undefined): string => text ?? ''
    expect(titleOf({ title: '质控记录', title_en: 'quality control' }, english)).toBe('Quality control')
    expect(titleOf(column('factor', 'factor'), english)).toBe('Factor')
    expect(titleOf({ title: '质控记录', title_en: 'quality control' }, words.pick)).toBe('质控记录')
  })

  it('are one time for what happened at once and two for what lasted', () => {
    expect(timeText(row)).toBe('2026-11-01 08:00')
    expect(timeText({ ...row, end: '2026-11-01T01:00:00Z' })).toBe('2026-11-01 08:00 — 2026-11-01 09:00')
  })
})

it('leaves out of a row what is empty', () => {
  expect(rowOf({ a: '', b: null, c: undefined, d: 0, e: false })).toEqual({ d: 0, e: false })
})
