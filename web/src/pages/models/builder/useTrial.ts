/** A preview of the content as it is saved: asked of the worker and waited for. */
import { computed, onScopeDispose, shallowRef } from 'vue'
import { api } from '@/api/client'
import type { Backtest } from '@/api/types'

const EVERY_MS = 2000

export function useTrial(done: () => void) {
  const answer = shallowRef<Backtest | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  const busy = computed(() => answer.value !== null && (answer.value.state === 'queued' || answer.value.state === 'running'))

  async function follow(id: number): Promise<void> {
    clearTimeout(timer)
    answer.value = await api.get<Backtest>(`/backtests/${id}`)
    if (busy.value) timer = setTimeout(() => void follow(id), EVERY_MS)
    else done()
  }
  async function ask(model: number): Promise<void> {
    const queued = await api.post<Backtest>(`/own-models/${model}/preview`)
    await follow(queued.id)
  }
  onScopeDispose(() => clearTimeout(timer))
  return { answer, busy, ask, follow }
}
