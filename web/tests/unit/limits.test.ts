/** Which limit holds and which one waits, and how rows of a standard are grouped. */
import { describe, expect, it } from 'vitest'
import type { HeldLimit, StandardLimit } from '@/api/types'
import { groups, holds, own, range, unchecked, waits } from '@/pages/enterprises/limits/limits'

const DAY = '2026-06-01'
const limit = (more: Partial<HeldLimit> = {}): HeldLimit => ({
  id: 1, factor: 'a21026', factor_name: '二氧化硫', factor_name_en: 'Sulfur dioxide', averaging: 'hour', low: null, high: 50, unit: 'mg/m³', o2_reference: 9,
  basis: '许可证', valid_from: '2026-01-01', valid_to: null, origin: 'permit', standard_row: '', certainty: 'A', author_id: 7, author: '李四', confirmed_by: null, ...more,
})

describe('limits of an outlet', () => {
  it('holds on its first and its last day, not around them', () => {
    const one = limit({ valid_from: '2026-06-01', valid_to: '2026-06-30' })
    expect(['2026-05-31', '2026-06-01', '2026-06-30', '2026-07-01'].map((day) => holds(one, day))).toEqual([false, true, true, false])
  })
  it('lets a standard wait while the permit has a limit of the factor and averaging', () => {
    const standard = limit({ origin: 'standard' })
    expect(waits(standard, [limit(), standard], DAY)).toBe(true)
    expect(waits(standard, [limit({ averaging: 'day' }), standard], DAY)).toBe(false)
    expect(waits(standard, [limit({ valid_to: '2026-05-31' }), standard], DAY)).toBe(false)
    expect(waits(limit(), [limit(), standard], DAY)).toBe(false)
  })
  it('asks for a check of C numbers until a person has confirmed them', () => {
    expect([limit(), limit({ certainty: 'B' }), limit({ certainty: 'C' }), limit({ certainty: 'C-' }), limit({ certainty: 'C', confirmed_by: '张三' })].map(unchecked)).toEqual([false, false, true, true, false])
  })
  it('leaves the check of a limit to somebody other than who applied it', () => {
    expect([own(limit(), 7), own(limit(), 8), own(limit({ author_id: null }), 7), own(limit({ author_id: null }), undefined)]).toEqual([true, false, false, false])
  })
  it('says bounds in a few signs', () => {
    expect([range(6, 9), range(null, 50), range(850, null)]).toEqual(['6–9', '≤ 50', '≥ 850'])
  })
  it('keeps the rows of a standard together by place and condition', () => {
    const row = (id: string, outlet: string, condition: string): StandardLimit => ({ id, outlet, condition }) as StandardLimit
    const found = groups([row('1', '烟囱', '表1'), row('2', '烟囱', '表2'), row('3', '烟囱', '表1'), row('4', '排气筒', '')])
    expect(found.map(([name, rows]) => [name, rows.map((r) => r.id)])).toEqual([['烟囱 · 表1', ['1', '3']], ['烟囱 · 表2', ['2']], ['排气筒', ['4']]])
  })
})
