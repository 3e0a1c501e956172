/** What a threshold would have found: asked of the worker, waited for, dropped when the question changes. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { api } from '@/api/client'
import { asApiError, type ApiError } from '@/api/errors'
import type { Backtest, Proposal } from '@/api/types'

const EVERY_MS = 2000

export function usePreview(code: string) {
  const answer = shallowRef<Backtest | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const asked = ref('') // the proposal the answer is about
  let timer: ReturnType<typeof setTimeout> | undefined
  const busy = computed(() => answer.value !== null && (answer.value.state === 'queued' || answer.value.state === 'running'))

  async function follow(id: number, question: string): Promise<void> {
    try {
      const now = await api.get<Backtest>(`/backtests/${id}`)
      if (asked.value !== question) return
      answer.value = now
      if (busy.value) timer = setTimeout(() => void follow(id, question), EVERY_MS)
    } catch (thrown) {
      if (asked.value === question) drop(asApiError(thrown))
    }
  }
  function drop(why: ApiError | null = null): void {
    clearTimeout(timer)
    answer.value = null
    asked.value = ''
    error.value = why
  }
  async function ask(proposal: Proposal): Promise<void> {
    drop()
    const question = (asked.value = JSON.stringify(proposal))
    try {
      const queued = await api.post<Backtest>(`/models/${code}/backtests`, { proposal })
      if (asked.value !== question) return
      answer.value = queued
      await follow(queued.id, question)
    } catch (thrown) {
      if (asked.value === question) drop(asApiError(thrown))
    }
  }
  /** Whether the answer is there, and about this very proposal. */
  const covers = (proposal: Proposal): boolean => answer.value?.state === 'done' && asked.value === JSON.stringify(proposal)
  onScopeDispose(() => clearTimeout(timer))
  return { answer, error, busy, ask, covers }
}
