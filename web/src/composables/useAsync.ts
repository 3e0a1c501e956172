/** One call to the server and the four faces of a view: loading, empty, error, ready. */
import { computed, getCurrentScope, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef, type WatchSource } from 'vue'
import { asApiError, isAbort, type ApiError } from '@/api/errors'

export type AsyncState = 'loading' | 'empty' | 'error' | 'ready'

export interface Async<T> {
  data: ShallowRef<T | null>
  error: ShallowRef<ApiError | null>
  busy: Ref<boolean>
  state: ComputedRef<AsyncState>
  reload: () => Promise<void>
}

export interface AsyncOptions<T> {
  /** Load again (and drop the older answer) when one of these changes. */
  watch?: WatchSource[]
  isEmpty?: (data: T) => boolean
  immediate?: boolean
}

function looksEmpty(data: unknown): boolean {
  if (data === null || data === undefined) return true
  if (Array.isArray(data)) return data.length === 0
  const items = (data as { items?: unknown }).items
  return Array.isArray(items) && items.length === 0
}

/** Data already shown stays visible while it is loaded again; an answer that was overtaken is dropped. */
export function useAsync<T>(load: (signal: AbortSignal) => Promise<T>, options: AsyncOptions<T> = {}): Async<T> {
  const data = shallowRef<T | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  let running: AbortController | null = null

  async function reload(): Promise<void> {
    running?.abort()
    const mine = (running = new AbortController())
    busy.value = true
    try {
      const answer = await load(mine.signal)
      if (running !== mine) return
      data.value = answer
      error.value = null
    } catch (thrown) {
      if (running === mine && !isAbort(thrown)) error.value = asApiError(thrown)
    } finally {
      if (running === mine) busy.value = false
    }
  }

  const isEmpty = options.isEmpty ?? looksEmpty
  const state = computed<AsyncState>(() => {
    if (error.value) return 'error'
    if (data.value === null) return 'loading'
    return isEmpty(data.value) ? 'empty' : 'ready'
  })
  if (options.watch) watch(options.watch, () => void reload())
  if (options.immediate !== false) void reload()
  if (getCurrentScope()) onScopeDispose(() => running?.abort())
  return { data, error, busy, state, reload }
}
