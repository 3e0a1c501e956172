import { describe, expect, it } from 'vitest'
import type { EvaluationMonth, ModelRow, ModelThresholds, ThresholdRow, TrainedRow } from '@/api/types'
import { messages } from '@/i18n'
import { counts, fromQuery, groups, narrowed, toQuery, type ModelFilters } from '@/pages/models/filters'
import { precisionLine } from '@/pages/models/life/drift'
import { byScope, complete, countsText, draftsOf, levelsOf } from '@/pages/models/life/levels'
import { NEXT } from '@/pages/models/life/steps'
import TrainedPanel from '@/pages/models/life/TrainedPanel.vue'
import { flow } from '@/lib/prose'
import { mount } from './mount'

const measures = [
  { name: 'drop', zh: '降幅', en: 'fall', unit: '%', decimals: 0, flag: false, scale: 100 },
  { name: 'n', zh: '次数', en: 'times', unit: '', decimals: 0, flag: false, scale: 1 },
]
const defaults: ModelThresholds['defaults'] = { gas: { 3: [{ drop: 0.3 }], 2: [{ drop: 0.7 }, { n: 3 }] } }

describe('thresholds', () => {
  it('are edited in the unit people read and sent as the engine counts', () => {
    const drafts = draftsOf({ defaults, measures })
    expect(drafts.map((draft) => [draft.level, draft.mode, draft.alternatives])).toEqual([
      ['3', 'keep', [{ drop: 30 }]], ['2', 'keep', [{ drop: 70 }, { n: 3 }]], ['1', 'keep', []],
    ])
    drafts[0]!.mode = 'set'
    drafts[0]!.alternatives[0]!.drop = 45
    drafts[1]!.mode = 'off'
    expect(levelsOf(drafts, measures)).toEqual({ 3: [{ drop: 0.45 }], 2: null })
  })
  it('tell the numbers of each medium where they differ', () => {
    const both = { gas: { 3: [{ n: 3 }], 1: [{ n: 24 }] }, water: { 3: [{ n: 4 }], 1: [{ n: 24 }] } }
    const own = draftsOf({ defaults: both, measures }).map((draft) => draft.own)
    expect(own).toEqual([
      [{ medium: 'gas', condition: [{ n: 3 }] }, { medium: 'water', condition: [{ n: 4 }] }],
      [{ medium: null, condition: [] }],
      [{ medium: null, condition: [{ n: 24 }] }],
    ])
  })
  it('are complete only with a change, and with numbers above zero', () => {
    expect([complete({}), complete({ 3: [] }), complete({ 3: [{ drop: 0 }] }), complete({ 3: [{}] })]).toEqual([false, false, false, false])
    expect([complete({ 3: null }), complete({ 3: [{ drop: 0.5 }], 2: null })]).toEqual([true, true])
  })
  it('are listed as they are resolved: the wider scope first', () => {
    const row = (id: number, scope: ThresholdRow['scope'], valid_from: string): ThresholdRow => ({ id, scope, valid_from }) as ThresholdRow
    const rows = [row(1, 'enterprise', '2026-01-01'), row(2, 'industry', '2026-01-01'), row(3, 'region', '2026-01-01'), row(4, 'region', '2026-05-01')]
    expect(byScope(rows).map(({ id }) => id)).toEqual([2, 4, 3, 1])
  })
  it('say the counts from the worst level on', () => {
    expect(countsText({ levels: { 1: 2, 2: 5, 3: 9 } })).toBe('2 / 5 / 9')
  })
})

describe('the list of models', () => {
  const row = (code: string, name: string, status: string): ModelRow => ({ code, class: name, status, title: `模型${code}`, title_en: `model ${code}` }) as ModelRow
  const rows = [row('M101', 'exceedance', 'live'), row('M201', 'data', 'trial'), row('M205', 'data', 'live')]
  it('keeps its filters in the address, and only those chosen', () => {
    const filters = { class: 'data', status: null, q: 'M2' }
    expect(toQuery(filters)).toEqual({ class: 'data', q: 'M2' })
    expect(fromQuery(toQuery(filters))).toEqual(filters)
    expect(fromQuery({ class: ['data'], q: undefined })).toEqual({ class: null, status: null, q: '' })
    expect([narrowed(fromQuery({})), narrowed(filters)]).toEqual([false, true])
  })
  it('shows by class what fits', () => {
    const shown = (more: Partial<ModelFilters>): string[][] => groups(rows, { class: null, status: null, q: '', ...more }).map((group) => [group.class, ...group.rows.map(({ code }) => code)])
    expect(shown({})).toEqual([['exceedance', 'M101'], ['data', 'M201', 'M205']])
    expect(shown({ status: 'live' })).toEqual([['exceedance', 'M101'], ['data', 'M205']])
    expect(shown({ class: 'data', q: ' m205 ' })).toEqual([['data', 'M205']])
    expect(shown({ q: 'nothing' })).toEqual([])
  })
  it('counts what each choice would leave', () => {
    const filters = { class: 'data', status: 'live', q: '' }
    expect(counts(rows, 'class', filters).map(({ value, count }) => [value, count])).toEqual([['exceedance', 1], ['data', 1]])
    expect(counts(rows, 'status', filters).map(({ value, count }) => [value, count])).toEqual([['live', 1], ['trial', 1]])
  })
  it('runs a text of the catalogue on where its file broke the line', () => {
    expect([flow('一行，\n  二行\n'), flow('one\n two'), flow('到 \nM2')]).toEqual(['一行，二行', 'one two', '到 M2'])
  })
})

describe('life of a model', () => {
  it('has a word for every step in both languages', () => {
    const steps = [...new Set(Object.values(NEXT).flat())]
    for (const locale of ['zh', 'en'] as const) {
      const life = (messages[locale].models as Record<string, Record<string, string>>).life!
      expect(steps.filter((step) => !life[`to_${step}`])).toEqual([])
    }
  })
  it('breaks the line of precision where nothing was judged', () => {
    const month = (value: number | null): EvaluationMonth => ({ month: 'm', findings: { 1: 0, 2: 0, 3: 0 }, right: 0, wrong: 0, unsure: 0, value })
    expect(precisionLine([month(0.666), month(null), month(0)])).toEqual([67, null, 0])
  })
})

describe('what a model has learned', () => {
  const row = (state: TrainedRow['state']): TrainedRow => ({
    hash: `${state}0123456789ab`, state, state_text: state, state_text_en: state, model_version: 1, industry: '', start: '2026-05-01T00:00:00+08:00', end: '2026-11-01T00:00:00+08:00',
    outlets: 12, seed: 1, libraries: {}, metrics: { days_learned: 900 }, by: state === 'in_force' ? 'An' : null, at: null, reason: '',
  })
  const shown = (props: Record<string, unknown>): [string, number] => {
    const { el, unmount } = mount(TrainedPanel, { code: 'M731', ...props })
    const told: [string, number] = [el.textContent ?? '', el.querySelectorAll('[data-testid=adopt]').length]
    unmount()
    return told
  }
  it('is shown with period and metrics, and only a draft can be adopted', () => {
    const [text, buttons] = shown({ rows: [row('in_force'), row('draft'), row('outdated')], editable: true })
    expect(text).toContain('2026-05-01 – 2026-10-31')
    expect(text).toContain('学习天数 900')
    expect(buttons).toBe(1)
    expect(shown({ rows: [row('draft')], editable: false })[1]).toBe(0)
  })
  it('says that an untrained model judges nothing', () => {
    expect(shown({ rows: [], editable: true })[0]).toMatch(/尚未训练|Not trained/)
  })
})
