import { afterEach, describe, expect, it } from 'vitest'
import type { DeviceCommand, Offer } from '@/api/types'
import CommandItem from '@/pages/devices/CommandItem.vue'
import { complete, isOpen, lastHours, paramsOf, readable, spanOf, stamp } from '@/pages/devices/command'
import LossBar from '@/pages/devices/rates/LossBar.vue'
import { byOf, spanOf as rateSpan } from '@/pages/devices/rates/query'
import { mount } from './mount'

let unmount: () => void = () => undefined
afterEach(() => unmount())

const field = { label: '', label_en: '', low: null, high: null, choices: [] }
const HISTORY: Offer = {
  key: '2061h', group: 'history', cn: '2061', name: '', name_en: '', danger: null, danger_en: null, execution_s: 60,
  fields: [{ ...field, name: 'BeginTime', optional: false, kind: 'time' }, { ...field, name: 'EndTime', optional: false, kind: 'time' }, { ...field, name: 'PolId', optional: true, kind: 'factor' }],
}
const MINUTES: Offer = { ...HISTORY, key: '1064', cn: '1064', fields: [{ ...field, name: 'MinInterval', optional: false, kind: 'choice', choices: [1, 10] }] }

describe('fields of a command', () => {
  it('writes instants as Beijing wall time, wherever the browser stands', () => {
    expect(stamp('2026-11-21T02:00:00Z')).toBe('20261121100000')
    expect(spanOf('2026-11-21T02:00:00Z', '2026-11-21T10:30:00+08:00')).toEqual({ BeginTime: '20261121100000', EndTime: '20261121103000' })
    expect(lastHours(24, Date.parse('2026-11-21T02:34:56Z'))).toEqual({ BeginTime: '20261120100000', EndTime: '20261121100000' })
    expect([readable('20261121100000'), readable('30')]).toEqual(['2026-11-21 10:00:00', '30'])
  })
  it('sends what was filled in, and only that', () => {
    expect(paramsOf(HISTORY, { BeginTime: '1', EndTime: ' 2 ', PolId: '', MinInterval: 5 })).toEqual({ BeginTime: '1', EndTime: '2' })
    expect(paramsOf(MINUTES, { MinInterval: '10' })).toEqual({ MinInterval: 10 })
    expect([complete(HISTORY, { BeginTime: '1' }), complete(HISTORY, { BeginTime: '1', EndTime: '2' })]).toEqual([false, true])
  })
})

const COMMAND: DeviceCommand = {
  id: 1, cn: '2061', st: null, name: '取污染物小时数据', name_en: '', params: { BeginTime: '20261121100000' }, fields: [{ code: 'BeginTime', name: '开始时间', name_en: '' }], requested_by: 'analyst', automatic: false, notice: false, reason: null,
  requested_at: '2026-11-21T10:00:00+08:00', expires_at: '2026-11-22T10:00:00+08:00', state: 'done', state_text: '执行成功', state_text_en: '', sent_at: null, done_at: null, tries: 2, execution_s: 60,
  qn_rtn: 1, qn_text: '准备执行请求', qn_text_en: '', exe_rtn: 1, exe_text: '执行成功', exe_text_en: '', result: { packets: 24 }, error_text: null, error_text_en: null,
}
const SETTINGS = { standard: null, profile: null, allow_clear: true, over_time: 10, re_count: 3, tolerate: [], has_key: false, has_previous_key: false, key_coming: false, key_made_at: null, key_age_days: null, key_days: 90 }
function steps(changed: Partial<DeviceCommand>): string[] {
  const made = mount(CommandItem, { row: { ...COMMAND, ...changed }, settings: SETTINGS })
  unmount = made.unmount
  return [...made.el.querySelectorAll('.steps li')].map((li) => li.textContent ?? '')
}

describe('steps of a command', () => {
  it('tells every answer in words', () => {
    expect(steps({})).toEqual(['已下发 · 第 2 次', '请求应答 9011 · 准备执行请求', '收到数据 24 包', '执行结果 9012 · 执行成功'])
  })
  it('names the fields of command and answer', () => {
    const made = mount(CommandItem, { row: { ...COMMAND, result: { packets: 1, values: { Own: '20261121100000' } } }, settings: SETTINGS })
    unmount = made.unmount
    expect(made.el.textContent).toContain('开始时间 2026-11-21 10:00:00')
    expect(made.el.querySelector('.values')?.textContent).toBe('Own2026-11-21 10:00:00')
  })
  it('tells what is waited for and how long', () => {
    expect(steps({ state: 'sent', tries: 1, qn_rtn: null, qn_text: null, exe_rtn: null, exe_text: null, result: null })).toEqual(['已下发', '等待应答 (10 秒)'])
    expect(steps({ state: 'accepted', tries: 1, exe_rtn: null, exe_text: null, result: null }).at(-1)).toBe('等待执行结果 (60 秒)')
    expect(steps({ state: 'queued' })).toEqual(['等待下发'])
  })
  it('tells why it failed, once', () => {
    expect(steps({ state: 'failed', tries: 1, qn_rtn: 3, qn_text: 'PW 错误', exe_rtn: null, exe_text: null, result: null, error_text: 'PW 错误' })).toEqual(['已下发', '请求应答 9011 · PW 错误'])
    expect(steps({ state: 'failed', tries: 4, qn_rtn: null, qn_text: null, exe_rtn: null, exe_text: null, result: null, error_text: '多次发送无应答，链路不可用' })).toEqual(['已下发 · 第 4 次', '多次发送无应答，链路不可用'])
  })
  it('knows the answer to a notification', () => {
    expect(steps({ notice: true, tries: 1, qn_rtn: null, qn_text: null, exe_rtn: null, exe_text: null, result: null })).toEqual(['已下发', '通知应答 9013 · 设备已确认'])
  })
  it('follows open commands only', () => {
    expect((['queued', 'sent', 'accepted', 'done', 'failed', 'expired'] as const).filter((state) => isOpen({ state }))).toEqual(['queued', 'sent', 'accepted'])
  })
})

describe('transmission', () => {
  it('looks one level deeper than where it stands', () => {
    expect([byOf('', ''), byOf('640105', ''), byOf('640105', '7'), byOf('', '7')]).toEqual(['region', 'enterprise', 'point', 'point'])
  })
  it('begins at Beijing midnight and at the first day of quarters', () => {
    const now = Date.parse('2026-11-20T20:00:00Z') // already the 21st in Beijing
    expect(rateSpan('d7', now)).toEqual({ start: '2026-11-14T00:00:00+08:00', end: '2026-11-21T04:00:00+08:00' })
    expect(rateSpan('quarter', now).start).toBe('2026-10-01T00:00:00+08:00')
    expect(rateSpan('lastQuarter', now)).toEqual({ start: '2026-07-01T00:00:00+08:00', end: '2026-10-01T00:00:00+08:00' })
    expect(rateSpan('lastQuarter', Date.parse('2026-02-01T00:00:00Z')).start).toBe('2025-10-01T00:00:00+08:00')
  })
  it('names every cause with its share', () => {
    const made = mount(LossBar, { rates: { due: 10, received: 8, valid: 7, transmission: 0.8, validity: 0.7, effective: 0.56, causes: [{ cause: 'silent', text: '整站无数据', text_en: '', lost: 2 }, { cause: 'flag_d', text: '设备故障（D）', text_en: '', lost: 1 }] } })
    unmount = made.unmount
    expect(made.el.querySelector('.bar')?.getAttribute('aria-label')).toBe('整站无数据 2 (20.0 %); 设备故障（D） 1 (10.0 %)')
  })
})
