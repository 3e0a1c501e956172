import { afterEach, describe, expect, it, vi } from 'vitest'
import { api } from '@/api/client'
import type { Exemptions, ExemptEntry, ExemptWindow } from '@/api/types.exemptions'
import ExemptionPanel from '@/pages/outlets/ExemptionPanel.vue'
import { mount } from './mount'

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 0))
const at = (day: string): string => `2026-${day}T00:00:00+08:00`
const YEAR: ExemptWindow = {
  kinds: ['starting', 'stopping', 'fault'], factors: [], event_hours: 6, side: 'first', every: 'year', allowed: 60, certainty: 'A', source: 'GB 18484-2020 §7',
  periods: [{ start: at('01-01'), end: '2027-01-01T00:00:00+08:00', used: 63, left: 0 }],
}
const FREE: ExemptWindow = {
  ...YEAR, kinds: ['maintenance'], factors: [{ factor: 'a21002', name: '氮氧化物', name_en: 'NOx' }], event_hours: null, every: 'quarter', allowed: null,
  periods: [{ start: at('01-01'), end: at('04-01'), used: 4, left: null }, { start: at('04-01'), end: at('07-01'), used: 0, left: null }],
}
const MARK: ExemptEntry = {
  id: 7, kind: 'starting', kind_text: '启动', start: at('02-01'), end: at('02-02'), author: '甲厂', by_enterprise: true, note: '冷态启炉',
  state: 'accepted', state_text: '已认可', hours: 24, counted: 24, reason: '',
}
const ANSWER: Exemptions = {
  outlet: { id: 3, code: 'DA001', name: '焚烧炉' }, year: 2026, until: at('07-01'), windows: [YEAR, FREE],
  entries: [MARK, { ...MARK, id: 8, counted: 6, reason: 'too_long' }, { ...MARK, id: 9, counted: 0, reason: 'returned', state: 'returned', by_enterprise: false }],
}

afterEach(() => {
  vi.restoreAllMocks()
  document.body.innerHTML = ''
})

describe('exempt hours of an outlet', () => {
  it('shows hours used and allowed, and what of each mark counted', async () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue(ANSWER)
    const { el, unmount } = mount(ExemptionPanel, { outlet: 3 })
    await settle()
    const periods = [...el.querySelectorAll('[data-testid=exempt-period]')]
    expect(periods.map((row) => row.textContent?.trim())).toEqual(['已用 63 / 60 小时，剩余 0 小时', '1 季度已用 4 小时', '2 季度已用 0 小时'])
    expect(periods.map((row) => row.querySelector('.bar i')?.className)).toEqual(['bad', undefined, undefined])
    const rules = [...el.querySelectorAll('[data-testid=exempt-window] p')].map((row) => row.textContent)
    expect(rules).toEqual(['每次只计前 6 小时 · 依据 GB 18484-2020 §7（核实程度 A）', '不限累计时长 · 仅 氮氧化物 · 依据 GB 18484-2020 §7（核实程度 A）'])
    const entries = [...el.querySelectorAll('[data-testid=exempt-entry]')].map((row) => row.textContent ?? '')
    expect(entries[0]).toMatch(/启炉.*计入 24 小时.*冷态启炉.*企业标记 · 甲厂/)
    expect(entries[1]).toMatch(/计入 6 \/ 24 小时.*超出单次可计时长/)
    expect(entries[2]).toMatch(/未计入（24 小时）.*标记已退回.*监管人员标记/)
    el.querySelector<HTMLInputElement>('[data-testid=exemptions-last] input')!.click()
    await settle()
    const [first, second] = get.mock.calls.map((call) => (call[1] as { year: number }).year)
    expect(second).toBe(first! - 1)
    unmount()
  })
  it('is not there where no rule exempts the outlet', async () => {
    vi.spyOn(api, 'get').mockResolvedValue({ ...ANSWER, windows: [], entries: [] })
    const { el, unmount } = mount(ExemptionPanel, { outlet: 3 })
    await settle()
    expect(el.querySelector('[data-testid=exemptions]')).toBeNull()
    unmount()
  })
})
