/** What the enterprise owes: notices to answer and rectifications to report, the nearest deadline first. */
import type { NoticeRow, NoticeState, PortalHome, RectificationRow } from '@/api/types'

export interface Duty {
  key: string
  kind: 'reminder' | 'warning' | 'rectification'
  level: number | null
  title: string
  state: string
  state_text: string
  due_at: string | null
  overdue: boolean
  path: string
}
export const TO_ANSWER: readonly NoticeState[] = ['sent', 'read', 'overdue']
export const TO_REPORT: readonly RectificationRow['state'][] = ['pending', 'returned']

function ofNotice(row: NoticeRow): Duty {
  return {
    key: `n${row.id}`, kind: row.kind, level: row.level, title: firstLine(row.text), state: row.state, state_text: row.state_text,
    due_at: row.due_at, overdue: row.overdue || row.state === 'overdue', path: `/portal/notices/${row.id}`,
  }
}
function ofRectification(row: RectificationRow): Duty {
  return {
    key: `r${row.id}`, kind: 'rectification', level: null, title: firstLine(row.requirement), state: row.state, state_text: row.state_text,
    due_at: row.due_at, overdue: row.overdue, path: '/portal/rectifications',
  }
}

/** A notice opens with an address; its first numbered line says what it is about. */
export function firstLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean)
  return (lines.find((line) => /^1[.、]/.test(line)) ?? lines[0] ?? '').replace(/^1[.、]\s*/, '')
}

export function dutiesOf(home: Pick<PortalHome, 'notices' | 'rectifications'>): Duty[] {
  const duties = [
    ...home.notices.filter((row) => TO_ANSWER.includes(row.state)).map(ofNotice),
    ...home.rectifications.filter((row) => TO_REPORT.includes(row.state)).map(ofRectification),
  ]
  return duties.sort((a, b) => Date.parse(a.due_at ?? '9999-12-31') - Date.parse(b.due_at ?? '9999-12-31'))
}
