/** Was the model right? One verdict per model; a "no" is worth nothing without its reason. */
import type { ModelBrief, Right, Verdict } from '@/api/types'

export interface VerdictDraft { model_code: string; right: Right | ''; reason: string }

/** One open question per model, keeping what was already said. */
export function draftsFor(models: readonly ModelBrief[], said: readonly VerdictDraft[] = []): VerdictDraft[] {
  const known = new Map(said.map((row) => [row.model_code, row]))
  return models.map(({ code }) => ({ model_code: code, right: '', reason: '', ...known.get(code) }))
}

/** The draft as the server takes it; null while a question is open or a "no" has no reason. */
export function complete(drafts: readonly VerdictDraft[]): Verdict[] | null {
  const done = drafts.filter((row): row is Verdict => row.right !== '' && (row.right !== 'no' || row.reason.trim() !== ''))
  return done.length === drafts.length ? done.map((row) => ({ ...row, reason: row.reason.trim() })) : null
}
