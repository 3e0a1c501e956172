/** The one event stream of this browser tab, and the newest values it brought. */
import { defineStore } from 'pinia'
import { markRaw, reactive, shallowRef, ref } from 'vue'
import { EventStream, type AnyHandler, type EventKind, type Handler, type LatestEvent, type StreamStatus } from '@/live/events'

export type LiveValue = LatestEvent['items'][number]
export function liveKey(point: number, factor: string, cadence?: string): string {
  return cadence ? `${point}|${factor}|${cadence}` : `${point}|${factor}`
}

/** `push_url` may be the origin of the push process or the address of the stream itself. */
export function streamUrl(pushUrl: string): string {
  const base = pushUrl.replace(/\/+$/, '')
  return base.endsWith('/events') ? base : `${base}/events`
}

export const useLive = defineStore('live', () => {
  const status = ref<StreamStatus>('closed')
  const received = ref(0)
  const latest = reactive(new Map<string, LiveValue>())
  const stream = shallowRef<EventStream | null>(null)
  /** outlives the stream: a new one, after a sign-in, gets the same subscribers */
  const subscribers: [EventKind, AnyHandler][] = []

  function keep(payload: LatestEvent): void {
    received.value += payload.items.length
    for (const item of payload.items) {
      latest.set(liveKey(item.point_id, item.factor), item)
      latest.set(liveKey(item.point_id, item.factor, item.cadence), item)
    }
  }

  function start(pushUrl: string): void {
    stop()
    const made = markRaw(new EventStream(streamUrl(pushUrl), (now) => { status.value = now }))
    made.on('latest', keep as AnyHandler)
    for (const [kind, handler] of subscribers) made.on(kind, handler)
    stream.value = made
    made.open()
  }

  function stop(): void {
    stream.value?.close()
    stream.value = null
    latest.clear()
  }

  /** Subscribe across reconnects and sign-ins; returns the way out. */
  function on<K extends EventKind>(kind: K, handler: Handler<K>): () => void {
    const entry: [EventKind, AnyHandler] = [kind, handler as AnyHandler]
    subscribers.push(entry)
    stream.value?.on(...entry)
    return () => {
      subscribers.splice(subscribers.indexOf(entry), 1)
      stream.value?.off(...entry)
    }
  }

  return { status, received, latest, start, stop, on }
})
