/** Names of kinds and states of marks: ours in both languages, the server's for what we do not know yet. */
import { i18n, translate } from '@/i18n'

export const KINDS = ['stopped', 'starting', 'stopping', 'calibration', 'maintenance', 'fault', 'comm_loss', 'power_loss', 'replaced', 'blowback', 'standard_check'] as const
export const STATES = ['pending', 'accepted', 'returned'] as const

function known(key: string, fallback: string): string {
  const { te } = i18n.global as unknown as { te: (key: string) => boolean }
  return te(key) ? translate(key) : fallback
}
export function markKindText(mark: { kind: string; kind_text: string }): string {
  return known(`common.markKind.${mark.kind}`, mark.kind_text)
}
export function markStateText(mark: { state: string; state_text: string }): string {
  return known(`common.markState.${mark.state}`, mark.state_text)
}
