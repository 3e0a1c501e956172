import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import type { FileRow, OrderDetail } from '@/api/types'
import { db, draftKey, dropDraft, loadDraft, queuedPhotos, queuePhoto, saveDraft, unsentObjects } from '@/drafts/store'
import { bodyOf, emptyForm, finishBody, mergeDraft, missing, progress, serverForm, type FinishDraft, type FormDraft } from '@/pages/field/form'
import { whereAmI } from '@/pages/field/position'
import PhotoStrip from '@/pages/field/PhotoStrip.vue'
import { useInspection } from '@/pages/field/useInspection'
import { formOf } from '@/pages/field/usePhotos'
import { useSession } from '@/stores/session'
import { mount } from './mount'

const file = (id: number): FileRow => ({ id, name: `${id}.jpg`, kind: 'photo', size: 1, content_type: 'image/jpeg', sha256: 'x', captured_at: null, received_at: '', author: null })
const order = {
  id: 5, instructions: [{ n: 1, text: 'a', why: '' }, { n: 2, text: 'b', why: '' }],
  inspection: { answers: [{ n: 1, result: 'ok', note: '', file_ids: [7] }], summary: '已到场', files: [file(7), file(8)], lon: null, lat: null },
} as unknown as OrderDetail
const answered = (form: FormDraft): FormDraft => ({ ...form, steps: form.steps.map((step) => ({ ...step, result: 'ok' })) })

beforeEach(async () => { await Promise.all([db.drafts.clear(), db.photos.clear()]) })
afterEach(() => vi.unstubAllGlobals())

describe('the form of a visit', () => {
  it('starts from what the server has', () => {
    const form = serverForm(order)
    expect(form.steps.map((step) => [step.result, step.files.map((row) => row.id)])).toEqual([['ok', [7]], ['', []]])
    expect([form.summary, form.files.map((row) => row.id)]).toEqual(['已到场', [8]])
    expect(progress(form)).toEqual({ done: 1, total: 2, problems: 0 })
  })
  it('lets an unsent draft win, and of a sent one takes only what the server cannot hold', () => {
    const draft = serverForm(order)
    draft.summary = '本机写的'
    draft.steps[0]!.result = 'problem'
    draft.steps[1]!.note = '还没选结果'
    expect(mergeDraft(order, { form: draft, sent: false })).toMatchObject({ summary: '本机写的', steps: [{ result: 'problem' }, { note: '还没选结果' }] })
    expect(mergeDraft(order, { form: draft, sent: true })).toMatchObject({ summary: '已到场', steps: [{ result: 'ok' }, { note: '还没选结果' }] })
    expect(mergeDraft(order, null)).toEqual(serverForm(order))
  })
  it('sends answered steps only, files by id, and a position only when it is whole', () => {
    expect(bodyOf({ ...serverForm(order), lon: 106.2 })).toEqual({ answers: [{ n: 1, result: 'ok', note: '', file_ids: [7] }], summary: '已到场', file_ids: [8] })
    expect(bodyOf({ ...emptyForm(order), lon: 106.2, lat: 38.4 })).toMatchObject({ lon: 106.2, lat: 38.4 })
  })
})

describe('finishing', () => {
  const nothing: FinishDraft = { conclusion: '', next: 'close', requirement: '', due_days: 15, verdicts: [{ model_code: 'M101', right: '', reason: '' }] }
  const all: FinishDraft = { ...nothing, conclusion: 'problem', next: 'rectify', requirement: '更换布袋', verdicts: [{ model_code: 'M101', right: 'yes', reason: '' }] }
  it('names what is missing in the order of the page', () => {
    expect(missing(emptyForm(order), nothing)).toEqual(['answers', 'conclusion', 'summary', 'verdicts'])
    const skipped = { ...answered(serverForm(order)) }
    skipped.steps[1] = { ...skipped.steps[1]!, result: 'not_checked' }
    expect(missing(skipped, { ...all, requirement: ' ' })).toEqual(['skipNote', 'requirement'])
    expect(missing(answered(serverForm(order)), all)).toEqual([])
  })
  it('asks for a rectification only where a problem was found', () => {
    expect(finishBody(serverForm(order), all)).toMatchObject({ next: 'rectify', rectification: { requirement: '更换布袋', due_days: 15 } })
    const clean = finishBody(serverForm(order), { ...all, conclusion: 'no_problem' })
    expect(clean).toMatchObject({ conclusion: 'no_problem', next: 'close' })
    expect(clean).not.toHaveProperty('rectification')
  })
})

describe('drafts in the browser', () => {
  it('come back as they were and are gone when dropped, with their photos', async () => {
    const key = draftKey(3, 'order-5')
    await saveDraft(key, { text: '甲' }, false)
    await queuePhoto({ key, slot: '1', name: 'a.jpg', blob: new Blob(['x']), takenAt: 0, lon: null, lat: null })
    expect(await loadDraft(key)).toEqual({ form: { text: '甲' }, sent: false })
    expect(await queuedPhotos(key)).toHaveLength(1)
    await dropDraft(key)
    expect([await loadDraft(key), await queuedPhotos(key)]).toEqual([null, []])
  })
  it('tell what is unsent, and only to the person who wrote it', async () => {
    await saveDraft(draftKey(3, 'order-5'), {}, true)
    await saveDraft(draftKey(3, 'order-6'), {}, false)
    await saveDraft(draftKey(4, 'order-7'), {}, false)
    await queuePhoto({ key: draftKey(3, 'order-8'), slot: '', name: 'a.jpg', blob: new Blob(['x']), takenAt: 0, lon: null, lat: null })
    expect([...await unsentObjects(3)].sort()).toEqual(['order-6', 'order-8'])
  })
  it('a photo carries when and where it was taken', () => {
    const form = formOf({ id: 1, key: 'k', slot: '1', name: 'a.jpg', blob: new Blob(['x']), takenAt: Date.parse('2026-11-21T00:00:00Z'), lon: 106.2, lat: 38.4 })
    expect([form.get('kind'), form.get('captured_at'), form.get('lon'), form.get('lat')]).toEqual(['photo', '2026-11-21T08:00:00+08:00', '106.2', '38.4'])
  })
})

describe('sending the form', () => {
  const key = draftKey(3, 'order-5')
  const answer = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })

  it('reaches the server and says so', async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => answer(200, order))
    vi.stubGlobal('fetch', fetch)
    const scope = effectScope()
    const visit = scope.run(() => useInspection(order, key, ref(true)))!
    await visit.ready
    visit.form.summary = '补充'
    expect(visit.sync.value).toBe('typing')
    await visit.flush()
    expect(visit.sync.value).toBe('saved')
    expect(fetch.mock.calls[0]![0]).toBe('/api/orders/5/inspection')
    expect(JSON.parse(String(fetch.mock.calls[0]![1].body))).toMatchObject({ summary: '补充' })
    scope.stop()
  })
  it('says which form it was made from, and goes on from the one it was told of', async () => {
    const seen: unknown[] = []
    const visitOf = (revision: number) => ({ ...order, inspection: { ...order.inspection!, revision } })
    const replies = [answer(200, visitOf(5)), answer(409, { code: 'inspection.stale', message: '已在别处保存', message_en: 'newer', details: { revision: 9 } }), answer(200, visitOf(10))]
    vi.stubGlobal('fetch', vi.fn(async (_url: string, init: RequestInit) => { seen.push(JSON.parse(String(init.body)).revision); return replies[seen.length - 1]! }))
    const scope = effectScope()
    const visit = scope.run(() => useInspection(visitOf(4), draftKey(3, 'order-9'), ref(true)))!
    await visit.ready
    visit.form.summary = '一'
    await visit.flush()
    visit.form.summary = '二'
    await expect(visit.flush()).rejects.toMatchObject({ code: 'inspection.stale' })
    visit.form.summary = '三'
    await visit.flush()
    expect(seen).toEqual([4, 5, 9])
    scope.stop()
  })
  it('stays in the browser without a network and is there after a reload', async () => {
    vi.stubGlobal('fetch', vi.fn(async () => { throw new TypeError('offline') }))
    const scope = effectScope()
    const visit = scope.run(() => useInspection(order, key, ref(true)))!
    await visit.ready
    visit.form.summary = '断网时写的'
    await expect(visit.flush()).rejects.toMatchObject({ status: 0 })
    expect(visit.sync.value).toBe('local')
    scope.stop()
    await vi.waitFor(async () => expect((await loadDraft<FormDraft>(key))?.form.summary).toBe('断网时写的'))

    vi.stubGlobal('fetch', vi.fn(async () => answer(200, order)))
    const again = effectScope()
    const reopened = again.run(() => useInspection(order, key, ref(true)))!
    await reopened.ready
    expect(reopened.form.summary).toBe('断网时写的')
    await reopened.flush()
    expect(reopened.sync.value).toBe('saved')
    again.stop()
  })
  it('tells a refusal apart from a missing network', async () => {
    vi.stubGlobal('fetch', vi.fn(async () => answer(409, { code: 'order.refused', message: '仅限被指派的执法人员办理', message_en: 'no', details: {} })))
    const scope = effectScope()
    const visit = scope.run(() => useInspection(order, key, ref(true)))!
    await visit.ready
    visit.form.summary = '甲'
    await expect(visit.flush()).rejects.toMatchObject({ code: 'order.refused' })
    expect(visit.sync.value).toBe('error')
    scope.stop()
  })
})

describe('position', () => {
  const source = (act: (ok: PositionCallback, no: PositionErrorCallback) => void): Geolocation => ({ getCurrentPosition: act }) as unknown as Geolocation
  it('is rounded to a tenth of a metre, and null when it cannot be had', async () => {
    const coords = { longitude: 106.23456789, latitude: 38.4 }
    expect(await whereAmI(source((ok) => ok({ coords } as GeolocationPosition)))).toEqual({ lon: 106.234568, lat: 38.4 })
    expect(await whereAmI(source((_ok, no) => no({} as GeolocationPositionError)))).toBeNull()
  })
})

describe('the photo strip', () => {
  it('refuses a photo the server would not take, and sends the others', async () => {
    const added = vi.fn()
    const photos = { items: [], waiting: { value: 0 }, add: vi.fn(), discard: vi.fn(), retry: vi.fn(), restore: vi.fn() }
    const { el, unmount } = mount(PhotoStrip, { slotName: 's', files: [], photos, testid: 'strip', onAdd: added })
    useSession().session = { user: null, version: '', demo: false, push_url: '', max_upload_mb: 1 }
    const large = new File([new Uint8Array(1_048_577)], '原图.jpg')
    const small = new File([new Uint8Array(10)], '小图.jpg')
    const input = el.querySelector('input')!
    Object.defineProperty(input, 'files', { value: [large, small] })
    input.dispatchEvent(new Event('change'))
    await nextTick()
    expect(el.querySelector('[data-testid=photo-refused]')?.textContent).toContain('原图.jpg: 大小 1.0 MB，超过单个文件上限 1 MB')
    expect(added).toHaveBeenCalledExactlyOnceWith([small])
    unmount()
  })
})
