import { describe, expect, it } from 'vitest'
import type { Builder, BuilderBlock } from '@/api/types.builder'
import type { Factor } from '@/api/types'
import { messages } from '@/i18n'
import { blocksFor, emptyForm, fromLines, problemAt, sameForm, toLines, unitOf, withBlock, withNumber } from '@/pages/models/builder/form'
import { TONE } from '@/pages/models/builder/states'

const block = (name: string, data: BuilderBlock['data'], more: Partial<BuilderBlock> = {}): BuilderBlock => ({
  name, data, title: name, title_en: name, explain: '', explain_en: '', media: ['gas'], subject: [{ value: 'factor', zh: '', en: '' }], category: 'exceedance',
  params: [{ name: 'bound', kind: 'number', zh: '', en: '', default: 5, unit: 'factor', min: 0, max: 9, choices: [], hint: '', hint_en: '' }],
  measures: [], levels: { 3: { run: 1 }, 2: { run: 2 }, 1: { run: 4 } }, clear_after: 7,
  excludes: [{ value: 'fault', zh: '', en: '' }, { value: 'not_producing', zh: '', en: '' }], suggested: ['fault'], always: [], basis: ['now', 'old'], every_factor: false, ...more,
})
const offer: Builder = {
  blocks: [block('a', 'hour'), block('b', 'hour', { media: ['water'] }), block('c', 'power', { subject: [{ value: 'meter', zh: '', en: '' }] })],
  bases: [{ name: 'now', text: '', text_en: 'law', since: null, until: null, now: true }, { name: 'old', text: '', text_en: 'law', since: null, until: '2026-08-14', now: false }],
  categories: [], region: '640100',
}

describe('form of the builder', () => {
  it('begins with the region of who writes', () => {
    expect(emptyForm(offer)).toMatchObject({ region: '640100', block: '', medium: 'gas', levels: {} })
  })
  it('offers conditions for the data and the medium', () => {
    expect(blocksFor(offer, 'hour', 'gas').map((row) => row.name)).toEqual(['a'])
    expect(blocksFor(offer, 'power', 'water')).toEqual([])
  })
  it('takes what a condition suggests and keeps what a person wrote', () => {
    const form = withBlock({ ...emptyForm(offer), title: '名称', factors: ['a21026', '*'], params: { bound: 8 } }, offer.blocks[0]!, offer.bases)
    expect(form).toMatchObject({ block: 'a', title: '名称', factors: ['a21026'], params: { bound: 8 }, excludes: ['fault'], basis: ['now'], clear_after: 7, levels: { 2: { run: 2 } } })
    form.levels[2]!.run = 9
    expect(offer.blocks[0]!.levels[2]).toEqual({ run: 2 })
    expect(withBlock(form, offer.blocks[2]!, offer.bases)).toMatchObject({ factors: [], subject: 'meter' })
  })
  it('forgets a number that was emptied', () => {
    const form = { ...emptyForm(offer), levels: { 3: { run: 1, events: 2 } } }
    expect(withNumber(form, '3', 'run', undefined)).toEqual({ 3: { events: 2 } })
    expect(withNumber(form, '1', 'run', 6)).toEqual({ 3: { run: 1, events: 2 }, 1: { run: 6 } })
  })
  it('knows the unit only where all factors share it', () => {
    const factor = (code: string, unit: string): Factor => ({ code, unit, name: code, name_en: code, medium: 'gas', decimals: 0 }) as Factor
    const known = [factor('x', 'mg/m3'), factor('y', 'mg/m3'), factor('z', '°C')]
    expect([unitOf({ factors: ['x', 'y'] }, known), unitOf({ factors: ['x', 'z'] }, known), unitOf({ factors: [] }, known)]).toEqual(['mg/m3', '', ''])
  })
  it('finds what is wrong with a field', () => {
    const reading = { sentence: '', sentence_en: '', measures: [], yaml: '', problems: [{ field: 'title', text: '请填写名称', text_en: 'give a title' }] }
    expect(problemAt(reading, 'title')?.text).toBe('请填写名称')
    expect([problemAt(reading, 'basis'), problemAt(null, 'title')]).toEqual([undefined, undefined])
  })
  it('edits lists as lines and tells a change', () => {
    expect(fromLines(toLines('一\n二'))).toBe('一\n二')
    const form = emptyForm(offer)
    expect([sameForm(form, emptyForm(offer)), sameForm(form, { ...form, title: 'x' })]).toEqual([true, false])
  })
  it('has words for every state and step in both languages', () => {
    for (const locale of ['zh', 'en'] as const) {
      const words = messages[locale].builder as Record<string, Record<string, string>>
      expect(Object.keys(TONE).filter((state) => !words.states![state])).toEqual([])
      expect(['save', 'preview', 'send', 'approve', 'return', 'take_back', 'discard'].filter((act) => !words.acts![act])).toEqual([])
    }
  })
})
