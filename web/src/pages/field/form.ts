/** The inspection form as it is filled in on site, and what it has to hold before it can be finished. */
import type { FileRow, InspectionAnswer, OrderDetail } from '@/api/types'
import type { VerdictDraft } from '@/casework/verdicts'
import { complete } from '@/casework/verdicts'

export type Result = InspectionAnswer['result']
export interface StepDraft { n: number; result: Result | ''; note: string; files: FileRow[] }
export interface FormDraft { steps: StepDraft[]; summary: string; files: FileRow[]; lon: number | null; lat: number | null }
type Source = Pick<OrderDetail, 'instructions' | 'inspection'>

export function emptyForm(order: Source): FormDraft {
  return { steps: order.instructions.map(({ n }) => ({ n, result: '', note: '', files: [] })), summary: '', files: [], lon: null, lat: null }
}

/** The form as the server has it. */
export function serverForm(order: Source): FormDraft {
  const visit = order.inspection
  if (!visit) return emptyForm(order)
  const byId = new Map(visit.files.map((file) => [file.id, file]))
  const answers = new Map(visit.answers.map((row) => [row.n, row]))
  const steps = order.instructions.map(({ n }): StepDraft => {
    const row = answers.get(n)
    return { n, result: row?.result ?? '', note: row?.note ?? '', files: row?.file_ids.flatMap((id) => byId.get(id) ?? []) ?? [] }
  })
  const used = new Set(steps.flatMap((step) => step.files.map((file) => file.id)))
  return { steps, summary: visit.summary, files: visit.files.filter((file) => !used.has(file.id)), lon: visit.lon, lat: visit.lat }
}

/** An unsent draft wins; of a sent one only what the server cannot hold (a note without a result) is taken over. */
export function mergeDraft(order: Source, draft: { form: FormDraft; sent: boolean } | null): FormDraft {
  const server = serverForm(order)
  if (!draft) return server
  const local = new Map(draft.form.steps.map((step) => [step.n, step]))
  const from = draft.sent ? server : { ...server, ...draft.form }
  const steps = server.steps.map((step) => ((!draft.sent || step.result === '') && local.get(step.n)) || step)
  return { ...from, steps }
}

export interface InspectionBody { answers: InspectionAnswer[]; summary: string; file_ids: number[]; lon?: number; lat?: number }

/** What is sent: answered steps only, with the ids of their files. */
export function bodyOf(form: FormDraft): InspectionBody {
  const answers = form.steps.flatMap(({ n, result, note, files }) => (result ? [{ n, result, note, file_ids: files.map((f) => f.id) }] : []))
  const place = form.lon !== null && form.lat !== null ? { lon: form.lon, lat: form.lat } : {}
  return { answers, summary: form.summary, file_ids: form.files.map((file) => file.id), ...place }
}

export function progress(form: FormDraft): { done: number; total: number; problems: number } {
  return {
    done: form.steps.filter((step) => step.result !== '').length,
    total: form.steps.length,
    problems: form.steps.filter((step) => step.result === 'problem').length,
  }
}

export interface FinishDraft {
  conclusion: 'problem' | 'no_problem' | ''
  next: 'close' | 'rectify'
  requirement: string
  due_days: number
  verdicts: VerdictDraft[]
}
export type Missing = 'answers' | 'skipNote' | 'summary' | 'conclusion' | 'verdicts' | 'requirement'

/** What still has to be filled in, in the order of the page. */
export function missing(form: FormDraft, finish: FinishDraft): Missing[] {
  const found: [Missing, boolean][] = [
    ['answers', form.steps.some((step) => step.result === '')],
    ['skipNote', form.steps.some((step) => step.result === 'not_checked' && !step.note.trim())],
    ['conclusion', finish.conclusion === ''],
    ['summary', !form.summary.trim()],
    ['verdicts', complete(finish.verdicts) === null],
    ['requirement', finish.next === 'rectify' && finish.conclusion === 'problem' && !finish.requirement.trim()],
  ]
  return found.filter(([, open]) => open).map(([name]) => name)
}

/** The finish as the server takes it; without a problem there is nothing to put right. */
export function finishBody(form: FormDraft, finish: FinishDraft): Record<string, unknown> {
  const rectify = finish.next === 'rectify' && finish.conclusion === 'problem'
  return {
    conclusion: finish.conclusion,
    summary: form.summary.trim(),
    verdicts: complete(finish.verdicts) ?? [],
    next: rectify ? 'rectify' : 'close',
    ...(rectify ? { rectification: { requirement: finish.requirement.trim(), due_days: finish.due_days } } : {}),
  }
}
