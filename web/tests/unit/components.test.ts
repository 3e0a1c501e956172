import { h, nextTick, reactive, ref, type Component } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { errorFrom } from '@/api/errors'
import AsyncView from '@/components/AsyncView.vue'
import ConfirmReason from '@/components/ConfirmReason.vue'
import DataTable from '@/components/DataTable.vue'
import FactorValue from '@/components/FactorValue.vue'
import FileList from '@/components/FileList.vue'
import FileUpload from '@/components/FileUpload.vue'
import FilterChips from '@/components/FilterChips.vue'
import FourColour from '@/components/FourColour.vue'
import LevelTag from '@/components/LevelTag.vue'
import TimeLine from '@/components/TimeLine.vue'
import { useAsync } from '@/composables/useAsync'
import { setLocale } from '@/i18n'
import { useSession } from '@/stores/session'
import { mount } from './mount'

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 0))
afterEach(() => {
  setLocale('zh')
  document.body.innerHTML = ''
})

describe('signs', () => {
  it('says the level in words and shows its numeral', () => {
    const { el } = mount(LevelTag, { level: 1 })
    expect(el.querySelector('text')?.textContent).toBe('1')
    expect(el.textContent).toContain('一级 工单')
  })
  it('keeps the words for screen readers when only the sign is shown, and survives nonsense', () => {
    expect(mount(LevelTag, { level: 2, bare: true }).el.querySelector('.sr-only')?.textContent).toBe('二级 警告')
    expect(mount(LevelTag, { level: null }).el.textContent).toContain('无线索')
  })
  it('names the alarm colour with its letter', async () => {
    const { el } = mount(FourColour, { days: 8 })
    expect(el.textContent).toContain('橙')
    setLocale('en')
    await nextTick()
    expect(el.querySelector('text')?.textContent).toBe('O')
    expect(mount(FourColour, { days: 0 }).el.textContent).toBe('No alarm')
  })
})

describe('AsyncView', () => {
  const slots = { default: ({ data }: { data: string[] }) => h('p', data.join()) }
  it('shows loading, then the data', async () => {
    const { el } = mount(AsyncView, { source: useAsync(() => Promise.resolve(['a'])) }, slots)
    expect(el.querySelector('[aria-busy]')).not.toBeNull()
    await settle()
    expect(el.textContent).toBe('a')
  })
  it('says in a sentence that there is nothing', async () => {
    const { el } = mount(AsyncView, { source: useAsync(() => Promise.resolve([])), empty: '没有线索' }, slots)
    await settle()
    expect(el.textContent).toContain('没有线索')
  })
  it('shows the message, the code, the unmet conditions, and tries again', async () => {
    const load = vi.fn().mockRejectedValueOnce(errorFrom(409, { code: 'x.refused', message: '不行', message_en: 'no', details: { unmet: ['先核查'] } })).mockResolvedValueOnce(['ok'])
    const { el } = mount(AsyncView, { source: useAsync(load) }, slots)
    await settle()
    for (const text of ['不行', 'x.refused', '先核查']) expect(el.textContent).toContain(text)
    el.querySelector('button')!.click()
    await settle()
    expect(el.textContent).toBe('ok')
  })
})

describe('values and rows', () => {
  it('marks what is over the limit and what is flagged', () => {
    const { el } = mount(FactorValue, { value: 40.25, decimals: 1, unit: 'mg/m³', over: true, flag: 'D', reference: 45.9 })
    expect(el.textContent?.replaceAll(/\s+/g, ' ')).toContain('40.3')
    expect(el.querySelector('.flag')?.textContent).toBe('D')
    expect(el.querySelector('.mark')).not.toBeNull()
    expect(mount(FactorValue, { value: 1, flag: 'N' }).el.querySelector('.flag')).toBeNull()
  })
  it('flashes when the value changes, not when it first shows', async () => {
    const props = reactive({ value: 1, flash: true })
    const { el } = mount({ render: () => h(FactorValue, props) })
    expect(el.querySelector('.lit')).toBeNull()
    props.value = 2
    await nextTick()
    await nextTick()
    expect(el.querySelector('.lit')).not.toBeNull()
  })
  it('tells the activity in the language shown, the system by its name', async () => {
    const items = [{ at: '2026-11-21T00:00:00Z', actor: null, action: 'a', text: '形成线索', text_en: 'Clue made', data: {} }]
    const { el } = mount(TimeLine, { items })
    expect(el.textContent).toContain('系统')
    setLocale('en')
    await nextTick()
    expect(el.textContent).toContain('Clue made')
    expect(mount(TimeLine, { items: [] }).el.textContent).toBe('No entries yet')
  })
  it('shows pictures as thumbnails and every file with its hash', () => {
    const file = { id: 5, name: '现场.jpg', kind: 'photo', size: 2048, content_type: 'image/jpeg', sha256: 'ab'.repeat(32), captured_at: null, received_at: '2026-11-21T00:00:00Z', author: { id: 1, name: '张' } }
    const { el } = mount(FileList, { files: [file, { ...file, id: 6, name: '说明.pdf', content_type: 'application/pdf' }] })
    expect(el.querySelectorAll('img')).toHaveLength(1)
    expect(el.querySelectorAll('.hash')[1]?.getAttribute('title')).toBe(file.sha256)
    expect(el.textContent).toContain('张')
  })
  it('lifts a filter when it is chosen again', async () => {
    const chosen = ref<string | null>('a')
    const { el } = mount({ render: () => h(FilterChips as Component, { chips: [{ value: 'a', label: 'A', count: 3 }], label: 'x', modelValue: chosen.value, 'onUpdate:modelValue': (v: string | null) => { chosen.value = v } }) })
    el.querySelector('button')!.click()
    expect(chosen.value).toBeNull()
    await nextTick()
    expect(el.querySelector('button')?.getAttribute('aria-pressed')).toBe('false')
  })
  it('draws a table with cells from slots and a dash for nothing', async () => {
    const source = useAsync(() => Promise.resolve({ items: [{ id: 1, name: '甲', note: null }], total: 1 }))
    const { el } = mount(DataTable, { source, columns: [{ key: 'name', label: '名称' }, { key: 'note', label: '备注' }], rowKey: (row: { id: number }) => row.id }, { 'cell-name': ({ row }: { row: { name: string } }) => h('b', row.name) })
    await settle()
    expect([...el.querySelectorAll('td')].map((td) => td.textContent)).toEqual(['甲', '—'])
    expect(el.querySelector('td b')).not.toBeNull()
  })
})

describe('ConfirmReason', () => {
  it('wants a reason, stays open with the conditions when refused, closes when done', async () => {
    const open = ref(true)
    const action = vi.fn().mockRejectedValueOnce(errorFrom(409, { code: 'r', message: '不能', message_en: 'no', details: { unmet: ['缺照片'] } })).mockResolvedValueOnce(null)
    mount({ render: () => h(ConfirmReason, { title: '作废', action, modelValue: open.value, 'onUpdate:modelValue': (v: boolean) => { open.value = v } }) })
    await settle()
    const button = document.querySelector<HTMLButtonElement>('[data-testid=confirm]')!
    const area = document.querySelector<HTMLTextAreaElement>('textarea')!
    expect(button.disabled).toBe(true)
    area.value = ' 误报 '
    area.dispatchEvent(new Event('input'))
    await nextTick()
    button.click()
    await settle()
    expect(document.body.textContent).toContain('缺照片')
    expect(open.value).toBe(true)
    button.click()
    await settle()
    expect(action).toHaveBeenLastCalledWith('误报')
    expect(open.value).toBe(false)
  })
})

describe('sending files', () => {
  it('refuses what is larger than the server takes, without sending it', async () => {
    const sent = vi.spyOn(globalThis, 'fetch')
    const { el } = mount(FileUpload, { modelValue: [] })
    useSession().session = { user: null, version: '', demo: false, push_url: '', max_upload_mb: 1 }
    const input = el.querySelector('input')!
    Object.defineProperty(input, 'files', { value: [new File([new Uint8Array(1_048_577)], '运维记录.pdf')] })
    input.dispatchEvent(new Event('change'))
    await settle()
    expect(el.querySelector('[role=alert]')?.textContent).toContain('运维记录.pdf: 大小 1.0 MB，超过单个文件上限 1 MB')
    expect(sent).not.toHaveBeenCalled()
    sent.mockRestore()
  })
})
