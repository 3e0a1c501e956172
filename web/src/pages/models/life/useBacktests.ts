/** Back-tests of a model: those of before, and one that is asked for and followed until the worker is done. */
import { computed, onScopeDispose, shallowRef } from 'vue'
import { api } from '@/api/client'
import { asApiError, type ApiError } from '@/api/errors'
import type { Backtest, BacktestRow, Page } from '@/api/types'
import { useAsync } from '@/composables/useAsync'

const EVERY_MS = 2000
export interface BacktestQuestion { start: string; end: string; region: string; level1: boolean }

export function useBacktests(code: string) {
  const list = useAsync((signal) => api.get<Page<BacktestRow>>(`/models/${code}/backtests`, { size: 10 }, signal), { isEmpty: () => false })
  const answer = shallowRef<Backtest | null>(null)
  const error = shallowRef<ApiError | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let wanted = 0
  const busy = computed(() => answer.value !== null && (answer.value.state === 'queued' || answer.value.state === 'running'))

  async function show(id: number): Promise<void> {
    clearTimeout(timer)
    wanted = id
    error.value = null
    try {
      const now = await api.get<Backtest>(`/backtests/${id}`)
      if (wanted !== id) return
      const waited = busy.value && answer.value?.id === id
      answer.value = now
      if (busy.value) timer = setTimeout(() => void show(id), EVERY_MS)
      else if (waited) void list.reload()
    } catch (thrown) {
      if (wanted !== id) return
      error.value = asApiError(thrown)
      answer.value = null // no longer followed: another may be asked for, and this one is in the list
    }
  }
  async function ask(question: BacktestQuestion): Promise<void> {
    error.value = null
    try {
      const queued = await api.post<Backtest>(`/models/${code}/backtests`, question)
      answer.value = queued
      void list.reload()
      await show(queued.id)
    } catch (thrown) {
      error.value = asApiError(thrown)
    }
  }
  onScopeDispose(() => {
    clearTimeout(timer)
    wanted = 0
  })
  return { list, answer, error, busy, show, ask }
}
