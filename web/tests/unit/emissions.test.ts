import { afterEach, describe, expect, it, vi } from 'vitest'
import { api } from '@/api/client'
import type { Emissions } from '@/api/types.emissions'
import EmissionsPanel from '@/pages/outlets/EmissionsPanel.vue'
import { sinceNewYear } from '@/pages/outlets/range'
import { mount } from './mount'

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 0))
const amounts = { kg: 442.8, measured_kg: 424.8, substituted_kg: 18, measured: 235, substituted: 5, unknown: 7, capture: 0.979, equivalents: 466.1 }
const ANSWER: Emissions = {
  outlet: { id: 3, code: 'DA001', name: '锅炉' }, start: '2026-10-01T00:00:00+08:00', end: '2026-10-11T00:00:00+08:00', every: 'all', cell: 'hour',
  items: [{ ...amounts, factor: 'a21026', name: '二氧化硫', name_en: 'SO2', periods: [] }], definition: '口径', definition_en: 'definition',
}

afterEach(() => {
  vi.restoreAllMocks()
  document.body.innerHTML = ''
})

describe('emissions of an outlet', () => {
  it('begins the year at Beijing midnight, also when it is still December elsewhere', () => {
    expect(sinceNewYear(Date.parse('2026-12-31T17:00:00Z')).start).toBe('2027-01-01T00:00:00+08:00')
  })
  it('shows amounts, what is substituted and what is unknown', async () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue(ANSWER)
    const { el, unmount } = mount(EmissionsPanel, { outlet: 3 })
    await settle()
    const row = el.querySelector('[data-testid=emission]')!
    expect([...row.querySelectorAll('td')].map((cell) => cell.textContent)).toEqual(['二氧化硫', '443 kg', '4.1 %', '7', '97.9 %', '466'])
    expect(el.textContent).toContain('口径')
    el.querySelector<HTMLInputElement>('[data-testid=emissions-year] input')!.click()
    await settle()
    expect(get).toHaveBeenCalledTimes(2)
    expect(String((get.mock.calls[1]![1] as { start: string }).start)).toMatch(/-01-01T00:00:00\+08:00$/)
    unmount()
  })
  it('says so when nothing can be computed', async () => {
    vi.spyOn(api, 'get').mockResolvedValue({ ...ANSWER, items: [] })
    const { el, unmount } = mount(EmissionsPanel, { outlet: 3 })
    await settle()
    expect(el.textContent).toContain('没有可核算排放量的因子')
    unmount()
  })
})
