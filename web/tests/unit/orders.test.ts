import { describe, expect, it } from 'vitest'
import type { FileRow, InspectionView, NoticeRow, OrderRow, RectificationRow } from '@/api/types'
import { groupCount, GROUPS } from '@/pages/notices/states'
import { answeredSteps, looseFiles } from '@/pages/orders/inspection'
import { orderCount, ordersFromQuery, ordersToQuery, UNFINISHED } from '@/pages/orders/states'
import { grouped } from '@/pages/field/tasks'
import { dutiesOf, firstLine } from '@/pages/portal/duties'

const file = (id: number): FileRow => ({ id, name: `${id}.jpg`, kind: 'photo', size: 1, content_type: 'image/jpeg', sha256: 'x', captured_at: null, received_at: '', author: null })

describe('board', () => {
  it('counts single states, groups and all', () => {
    const counts = { draft: 1, on_site: 2, closed: 4, overdue: 9 }
    expect([orderCount(counts, 'draft'), orderCount(counts, UNFINISHED), orderCount(counts, '')]).toEqual([1, 3, 7])
  })
  it('keeps the view in the address', () => {
    expect(ordersToQuery(ordersFromQuery({}))).toEqual({})
    const query = { state: '', mine: 'true', overdue: 'true' }
    expect(ordersToQuery(ordersFromQuery(query))).toEqual(query)
  })
  it('groups the notices by whose turn it is', () => {
    const counts = { answered: 2, objected: 1, sent: 4, accepted: 5 }
    expect(GROUPS.map((group) => groupCount(counts, group.states))).toEqual([12, 3, 4, 0, 5])
  })
})

describe('inspection', () => {
  const visit: InspectionView = {
    answers: [{ n: 1, result: 'problem', note: '压差异常', file_ids: [7] }], conclusion: null, summary: '', revision: 1, started_at: null, finished_at: null, lon: null, lat: null, files: [file(7), file(8)],
  }
  it('puts each answer and its files to its instruction; the rest stays loose', () => {
    const steps = answeredSteps({ instructions: [{ n: 1, text: 'a', why: '' }, { n: 2, text: 'b', why: '' }], inspection: visit })
    expect(steps.map((step) => [step.answer?.result ?? null, step.files.map((row) => row.id)])).toEqual([['problem', [7]], [null, []]])
    expect(looseFiles(visit).map((row) => row.id)).toEqual([8])
    expect(looseFiles(null)).toEqual([])
  })
})

describe('tasks', () => {
  it('puts what is under way first and keeps the order of the server', () => {
    const rows = (['dispatched', 'closed', 'on_site', 'accepted', 'submitted'] as const).map((state, id) => ({ id, state }) as OrderRow)
    expect(grouped(rows).map((group) => [group.name, group.items.map((row) => row.id)])).toEqual([['now', [2, 3]], ['new', [0]], ['waiting', [4]], ['closed', [1]]])
    expect(grouped([])).toEqual([])
  })
})

describe('duties of an enterprise', () => {
  it('reads the first numbered line of a notice', () => {
    expect(firstLine('贵单位……现予提醒：\n1. 二氧化硫超标。\n2. 缺数。\n请核实')).toBe('二氧化硫超标。')
    expect(firstLine('整改要求')).toBe('整改要求')
    expect(firstLine('')).toBe('')
  })
  it('lists what is still owed, the nearest deadline first', () => {
    const notice = (id: number, state: NoticeRow['state'], due_at: string): NoticeRow => ({ id, state, due_at, text: 't', level: 3, kind: 'reminder', overdue: false }) as NoticeRow
    const duty = (id: number, state: RectificationRow['state'], due_at: string): RectificationRow => ({ id, state, due_at, requirement: 'r', overdue: true }) as RectificationRow
    const home = { notices: [notice(1, 'read', '2026-11-25'), notice(2, 'accepted', '2026-11-20'), notice(3, 'overdue', '2026-11-18')], rectifications: [duty(4, 'pending', '2026-11-22'), duty(5, 'reported', '2026-11-21')] }
    expect(dutiesOf(home).map((row) => [row.key, row.overdue])).toEqual([['n3', true], ['r4', true], ['n1', false]])
  })
})
