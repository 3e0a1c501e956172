import { onScopeDispose } from 'vue'
import type { EventKind, Handler } from '@/live/events'
import { useLive } from '@/stores/live'

/** Call the handler for every event of one kind while the component lives. */
export function useLiveEvent<K extends EventKind>(kind: K, handler: Handler<K>): void {
  onScopeDispose(useLive().on(kind, handler))
}

/**
 * Run `work` for every event of these kinds (about one thing, if `id` is given; at most once per `every` ms),
 * and when the stream is back after a break.
 */
export function useLiveReload(kinds: readonly EventKind[], work: () => unknown, { id, every }: { id?: number; every?: number } = {}): void {
  const run = every ? throttled(work, every) : work
  for (const kind of kinds) {
    useLiveEvent(kind, (event) => { if (id === undefined || (event as { id?: number }).id === id) run() })
  }
  useLiveEvent('back', () => { run() })
}

/** Run `work` at most once per `ms` however many events come, and once after the last. */
export function throttled(work: () => unknown, ms: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = -Infinity
  return () => {
    if (timer) return
    timer = setTimeout(() => {
      timer = undefined
      last = Date.now()
      work()
    }, Math.max(0, last + ms - Date.now()))
  }
}
