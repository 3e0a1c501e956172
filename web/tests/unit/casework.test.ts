import { afterEach, describe, expect, it } from 'vitest'
import type { ActionState, ActivityRow, Curve } from '@/api/types'
import ActionButton from '@/casework/ActionButton.vue'
import { blocked, may } from '@/casework/actions'
import { timeLeft } from '@/casework/due'
import { factorsToShow } from '@/casework/focus'
import { withGaps } from '@/casework/gaps'
import { outletLabel } from '@/casework/outlet'
import { newestFirst } from '@/casework/timeline'
import UnmetNotes from '@/casework/UnmetNotes.vue'
import { complete, draftsFor } from '@/casework/verdicts'
import { isAux } from '@/charts/fromCurve'
import { entryOf, type NavEntry } from '@/router'
import { mount } from './mount'

const ACTIONS: ActionState[] = [
  { action: 'claim', text: '领取', allowed: true, unmet: [], unmet_en: [] },
  { action: 'remind', text: '提醒企业', allowed: false, unmet: ['核查前不得通知企业'], unmet_en: ['not before the check'] },
  { action: 'warn', text: '警告企业', allowed: false, unmet: ['核查前不得通知企业'], unmet_en: ['not before the check'] },
  { action: 'order', text: '派发工单', allowed: false, unmet: ['线索处于“已办结”状态，不能派发工单'], unmet_en: ['not possible in the state “closed”'] },
]
let unmount: () => void = () => undefined
afterEach(() => unmount())

describe('actions', () => {
  it('tells the same reason once and leaves out what the names say already', () => {
    expect(blocked(ACTIONS, (name) => name)).toEqual([
      { names: ['remind', 'warn'], unmet: ['核查前不得通知企业'] },
      { names: ['order'], unmet: ['线索处于“已办结”状态'] },
    ])
  })
  it('tells the reasons in English when English is shown', () => {
    expect(blocked(ACTIONS, (name) => name, true)).toEqual([
      { names: ['remind', 'warn'], unmet: ['not before the check'] },
      { names: ['order'], unmet: ['not possible in the state “closed”'] },
    ])
  })
  it('allows nothing that the server does not name', () => {
    expect([may(ACTIONS, 'claim'), may(ACTIONS, 'warn'), may(ACTIONS, 'merge')]).toEqual([true, false, false])
  })
  it('shows a refused action disabled with its reason, and none that the role lacks', () => {
    const shown = mount(ActionButton, { actions: ACTIONS, name: 'warn', label: '警告', testid: 'warn' })
    unmount = shown.unmount
    expect(shown.el.querySelector<HTMLButtonElement>('[data-testid=warn]')?.disabled).toBe(true)
    expect(shown.el.querySelector('[aria-label]')?.getAttribute('aria-label')).toBe('警告：核查前不得通知企业')
    const absent = mount(ActionButton, { actions: ACTIONS, name: 'merge', label: '并入', testid: 'merge' })
    expect(absent.el.querySelector('button')).toBeNull()
    absent.unmount()
  })
  it('says in words what cannot be hovered', () => {
    const shown = mount(UnmetNotes, { actions: ACTIONS, label: (name: string) => name })
    unmount = shown.unmount
    expect(shown.el.querySelectorAll('li')).toHaveLength(2)
    expect(shown.el.textContent).toContain('remind、warn')
  })
})

describe('verdicts', () => {
  const models = [{ code: 'M101', title: '超标', title_en: 'x' }, { code: 'M301', title: '停运', title_en: 'y' }]
  it('asks once per model and keeps what was said', () => {
    expect(draftsFor(models, [{ model_code: 'M301', right: 'yes', reason: '' }]).map((row) => row.right)).toEqual(['', 'yes'])
  })
  it('is complete only when all are answered and every "no" has a reason', () => {
    const drafts = draftsFor(models).map((row) => ({ ...row, right: 'no' as const }))
    expect(complete(drafts)).toBeNull()
    expect(complete(drafts.map((row) => ({ ...row, reason: ' 核对无误 ' })))?.map((row) => row.reason)).toEqual(['核对无误', '核对无误'])
    expect(complete(draftsFor(models))).toBeNull()
    expect(complete([])).toEqual([])
  })
})

describe('time', () => {
  const now = Date.parse('2026-11-21T00:00:00+08:00')
  it('counts hours below two days and days above, on both sides of the deadline', () => {
    expect(timeLeft('2026-11-21T05:30:00+08:00', now)).toEqual({ over: false, n: 5, unit: 'hour' })
    expect(timeLeft('2026-11-24T05:00:00+08:00', now)).toEqual({ over: false, n: 3, unit: 'day' })
    expect(timeLeft('2026-11-20T22:00:00+08:00', now)).toEqual({ over: true, n: 2, unit: 'hour' })
  })
  it('reads a timeline from the newest entry; of one instant the one written last', () => {
    const row = (action: string, at: string): ActivityRow => ({ action, at, actor: '', text: '', text_en: '', data: {} })
    const rows = [row('a', '2026-11-20T00:00:00Z'), row('b', '2026-11-21T00:00:00Z'), row('c', '2026-11-21T08:00:00+08:00')]
    expect(newestFirst(rows).map((item) => item.action)).toEqual(['c', 'b', 'a'])
  })
})

describe('curves of a case', () => {
  it('shows the factors of the case with O₂ and flow, or all pollutants when it names none', () => {
    const present = ['a21026', 'a21002', 'a01012', 'a19001', 'a00000']
    expect(factorsToShow(present, ['a21002'], isAux)).toEqual(['a21002', 'a19001', 'a00000'])
    expect(factorsToShow(present, [], isAux)).toEqual(['a21026', 'a21002', 'a19001', 'a00000'])
    expect(factorsToShow(present, ['w01018'], isAux)).toEqual(['a21026', 'a21002', 'a19001', 'a00000'])
  })
  it('opens the line where readings are missing', () => {
    const at = (hour: string): string => `2026-11-21T${hour}:00:00+08:00`
    const points = ['01', '02', '05', '06'].map((hour) => [at(hour), 1, null, 'N', 'live'])
    const curve = { step_s: 3600, thinned: false, series: [{ points }] } as unknown as Curve
    expect(withGaps(curve).series[0]!.points.map(([time, value]) => [time, value])).toEqual([
      [at('01'), 1], [at('02'), 1], [at('03'), null], [at('05'), 1], [at('06'), 1],
    ])
    expect(withGaps({ ...curve, thinned: true }).series[0]!.points).toHaveLength(4)
  })
  it('does not say the code of an outlet twice', () => {
    expect(outletLabel({ code: 'DA001', name: 'DA001窑尾排放口' })).toBe('DA001窑尾排放口')
    expect(outletLabel({ code: 'DA001', name: '窑尾排放口' })).toBe('DA001 窑尾排放口')
  })
})

describe('navigation', () => {
  it('lights the entry a page lies below, and only the closest', () => {
    const items = ['/portal', '/portal/notices', '/clues'].map((path) => ({ path }) as NavEntry)
    expect(['/portal', '/portal/notices/3', '/portal/other', '/clues/12', '/cluesy', '/'].map((path) => entryOf(items, path)))
      .toEqual(['/portal', '/portal/notices', '/portal', '/clues', '', ''])
  })
})
