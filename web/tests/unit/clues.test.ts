import { afterEach, describe, expect, it, vi } from 'vitest'
import { createApp, h, ref } from 'vue'
import type { FileRow, FindingRow } from '@/api/types'
import ClaimList from '@/pages/clues/ClaimList.vue'
import { invalidReady, isOverride, tidy } from '@/pages/clues/decision'
import { ACTIVE, countOf, DEFAULTS, fromQuery, toggleLevel, toQuery } from '@/pages/clues/filters'
import { episodeSources, ladder } from '@/pages/clues/findings'
import { freezes } from '@/casework/evidence'
import { nextRow, useRowKeys } from '@/pages/clues/useRowKeys'
import { mount } from './mount'

function finding(level: 1 | 2 | 3, episodes: [string, string][], more: Partial<FindingRow> = {}): FindingRow {
  return {
    id: level, level, episodes, model: { code: `M${level}`, title: '模型', title_en: 'model', version: 1, hash: 'h', certainty: 'B/D', status: 'live' },
    start: '2026-11-21T00:00:00+08:00', end: '2026-11-21T02:00:00+08:00', open: false, withdrawn_at: null, factor: { code: 'a21026', name: '二氧化硫', name_en: 'Sulfur dioxide' },
    claim: `断言${level}`, claim_en: `claim ${level}`, description: '看什么', description_en: 'what for', measures: {}, measured: [], crossed: { level, measure: 'run', value: 2, unit: 'h', text: '2 h ≥ 2 h', text_en: '2 h ≥ 2 h' },
    next_level: { level: 1, text: '还需 6 h', text_en: 'needs 6 h' }, counts_as: level, thresholds: { 3: '≥ 1 h', 2: '≥ 2 h' }, thresholds_en: { 3: 'at least 1 h', 2: 'at least 2 h' }, threshold_source: '目录', threshold_source_en: 'catalogue', exclusions: [], basis: [], basis_en: [],
    false_positives: [], false_positives_en: [], check_on_site: [], check_on_site_en: [], input_hash: 'i', precision: { right: 0, wrong: 0, unsure: 0, value: null }, ...more,
  }
}

describe('filters of the pool', () => {
  it('writes into the address only what was changed, and reads it back', () => {
    const filters = { ...DEFAULTS, level: '1,2', mine: true, q: '焚烧' }
    expect(toQuery(filters)).toEqual({ level: '1,2', mine: 'true', q: '焚烧' })
    expect(fromQuery(toQuery(filters))).toEqual(filters)
  })
  it('ignores what it does not know', () => {
    expect(fromQuery({ state: ['open', 'closed'], nonsense: 'x' })).toEqual(DEFAULTS)
  })
  it('adds and takes away levels', () => {
    expect(toggleLevel('', '2')).toBe('2')
    expect(toggleLevel('2', '1')).toBe('1,2')
    expect(toggleLevel('1,2', '2')).toBe('1')
  })
  it('counts groups of states', () => {
    expect(countOf({ open: 3, claimed: 2, closed: 9 }, ACTIVE)).toBe(5)
  })
})

describe('keys of a dense list', () => {
  afterEach(() => document.body.replaceChildren())

  it('enters at the top and holds at the ends', () => {
    expect([nextRow(3, -1, 1), nextRow(3, 0, 1), nextRow(3, 2, 1), nextRow(3, 0, -1), nextRow(0, -1, 1)]).toEqual([0, 1, 2, 0, -1])
  })
  it('moves the focus, goes to the search, and stays out of fields', () => {
    const search = vi.fn()
    const box = ref<HTMLElement>()
    const el = document.createElement('div')
    document.body.append(el)
    const rows = [0, 1].map((i) => h('p', { class: 'row', tabindex: 0, id: `r${i}` }))
    const app = createApp({
      setup() {
        useRowKeys(box, '.row', search)
        return () => h('div', { ref: box }, [...rows, h('input', { id: 'field' })])
      },
    })
    app.mount(el)
    const press = (key: string, target: EventTarget = window): boolean => target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    press('j')
    press('ArrowDown')
    expect(document.activeElement?.id).toBe('r1')
    press('k')
    expect(document.activeElement?.id).toBe('r0')
    press('/')
    expect(search).toHaveBeenCalledOnce()
    press('j', document.getElementById('field')!)
    expect(document.activeElement?.id).toBe('r0')
    app.unmount()
    press('/')
    expect(search).toHaveBeenCalledOnce()
  })
})

describe('decision', () => {
  it('needs a reason when it differs from the suggestion; an order meets "check"', () => {
    expect(isOverride({ suggested: 'warn' }, 'warn')).toBe(false)
    expect(isOverride({ suggested: 'warn' }, 'order')).toBe(true)
    expect(isOverride({ suggested: 'check' }, 'order')).toBe(false)
    expect(isOverride({ suggested: 'check' }, 'remind')).toBe(true)
  })
  it('calls a clue not valid only with reason and note', () => {
    expect([invalidReady('', 'x'), invalidReady('model', ' '), invalidReady('model', 'x')]).toEqual([false, false, true])
  })
  it('sends no empty fields', () => {
    expect(tidy({ action: 'order', reason: '', assignee_id: undefined, due_days: 3 })).toEqual({ action: 'order', due_days: 3 })
  })
})

describe('findings', () => {
  const hour: [string, string] = ['2026-11-21T07:00:00+08:00', '2026-11-21T12:00:00+08:00']
  const day: [string, string] = ['2026-11-21T00:00:00+08:00', '2026-11-22T00:00:00+08:00']
  it('keeps a daily claim from painting over the hours of a graver one, until it is chosen', () => {
    const both = [finding(1, [hour]), finding(3, [day])]
    expect(episodeSources(both).map((row) => row.level)).toEqual([1])
    expect(episodeSources(both, 1).map((row) => row.level)).toEqual([1, 3])
    expect(episodeSources([finding(2, [hour]), finding(3, [hour])]).map((row) => row.level)).toEqual([2, 3])
  })
  it('builds the ladder of thresholds with the crossed one marked', () => {
    expect(ladder(finding(2, [hour])).map((line) => [line.level, line.reached, line.crossed, line.text])).toEqual([
      [3, true, false, '≥ 1 h'], [2, true, true, '≥ 2 h'], [1, false, false, ''],
    ])
  })
  it('says the ladder in English when English is shown', () => {
    expect(ladder(finding(2, [hour]), true).map((line) => line.text)).toEqual(['at least 1 h', 'at least 2 h', ''])
  })
  it('shows every claim, and what was crossed and is still missing of the chosen one', () => {
    const { el, unmount } = mount(ClaimList, { findings: [finding(2, [hour]), finding(3, [hour])], modelValue: 0 })
    expect([...el.querySelectorAll('.claim')].map((node) => node.textContent)).toEqual(['断言2', '断言3'])
    expect([...el.querySelectorAll('dd')].map((node) => node.textContent)).toEqual(['看什么', '2 h ≥ 2 h', '还需 6 h'])
    unmount()
  })
})

describe('frozen evidence', () => {
  const file = (id: number, kind: FileRow['kind'], received_at: string): FileRow => ({
    id, kind, received_at, name: `${id}`, size: 1, content_type: 'x', sha256: 'h', captured_at: null, author: null,
  })
  it('groups what was frozen in one go, the newest first, and keeps photos apart', () => {
    const { frozen, added } = freezes([
      file(1, 'frozen_input', '2026-11-21T00:00:00+08:00'), file(2, 'raw_frames', '2026-11-21T00:00:20+08:00'),
      file(3, 'photo', '2026-11-21T00:00:30+08:00'), file(4, 'frozen_input', '2026-11-21T06:00:00+08:00'),
    ])
    expect(frozen.map((group) => group.files.map((row) => row.id))).toEqual([[4], [2, 1]])
    expect(added.map((row) => row.id)).toEqual([3])
    const twice = freezes([{ ...file(1, 'frozen_input', '2026-11-21T00:00:00+08:00'), name: 'a' }, { ...file(2, 'frozen_input', '2026-11-21T00:00:05+08:00'), name: 'a' }])
    expect(twice.frozen.map((group) => group.files.map((row) => row.id))).toEqual([[2], [1]])
  })
})
