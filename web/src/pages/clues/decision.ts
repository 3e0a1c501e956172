/** What each decision needs before it can be sent; the server judges again and names what is missing. */
import type { ClueRow, Decision } from '@/api/types'

type Suggested = Pick<ClueRow, 'suggested'>

/** A notice or an order other than the suggested one needs a reason; "check" (falsification) is met by an order. */
export function isOverride(clue: Suggested, action: string): boolean {
  if (!['remind', 'warn', 'order'].includes(action)) return true
  return action !== clue.suggested && !(clue.suggested === 'check' && action === 'order')
}

export function invalidReady(reason: string, note: string): boolean {
  return reason !== '' && note.trim() !== ''
}

/** A decision without its empty fields. */
export function tidy(decision: Decision): Decision {
  const kept = Object.entries(decision).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return Object.fromEntries(kept) as unknown as Decision
}
