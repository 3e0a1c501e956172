import type { FileRow, InspectionAnswer, InspectionView, OrderDetail } from '@/api/types'

export interface AnsweredStep { n: number; text: string; why: string; answer: InspectionAnswer | null; files: FileRow[] }

/** Every instruction with its answer and the files of that answer. */
export function answeredSteps(order: Pick<OrderDetail, 'instructions' | 'inspection'>): AnsweredStep[] {
  const answers = new Map(order.inspection?.answers.map((row) => [row.n, row]))
  return order.instructions.map((step) => {
    const answer = answers.get(step.n) ?? null
    return { ...step, answer, files: order.inspection?.files.filter((file) => answer?.file_ids.includes(file.id)) ?? [] }
  })
}

/** Files of the visit that belong to no single instruction. */
export function looseFiles(visit: InspectionView | null): FileRow[] {
  const used = new Set(visit?.answers.flatMap((row) => row.file_ids))
  return visit?.files.filter((file) => !used.has(file.id)) ?? []
}
