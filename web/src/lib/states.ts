import type { Tone } from '@/design/tokens'

const TONES: Record<Tone, string[]> = {
  bad: ['overdue', 'offline', 'rejected', 'problem', 'over', 'exceeded', 'excluded_no', 'fault'],
  warn: ['silent', 'unregistered', 'objected', 'rectifying', 'noticed', 'pending', 'near', 'trial', 'returned', 'submitted', 'reported'],
  info: ['open', 'claimed', 'ordered', 'sent', 'read', 'dispatched', 'accepted', 'on_site', 'answered'],
  ok: ['online', 'closed', 'live', 'ok', 'no_problem', 'yes', 'normal', 'active', 'done', 'passed'],
  idle: ['invalid', 'merged', 'draft', 'never', 'retired', 'not_checked', 'unsure', 'stopped'],
}

const BY_STATE = new Map(Object.entries(TONES).flatMap(([tone, states]) => states.map((state) => [state, tone as Tone] as const)))

/** Tone of any state name of the platform; unknown names stay quiet. */
export function toneOf(state: string): Tone {
  return BY_STATE.get(state) ?? 'idle'
}
