/** Server-sent events with our own reconnect: the browser gives up after an HTTP error, we do not. */
export type EventKind = 'latest' | 'link' | 'clue' | 'order' | 'notice' | 'model_run'
export const KINDS: readonly EventKind[] = ['latest', 'link', 'clue', 'order', 'notice', 'model_run']
export type StreamStatus = 'closed' | 'connecting' | 'open' | 'waiting'

export interface LatestEvent {
  items: { point_id: number; outlet_id?: number | null; factor: string; cadence: string; time: string; value: number | null; reference: number | null; flag: string | null }[]
}
export interface EventPayload {
  latest: LatestEvent
  link: { mn: string; state: string }
  clue: { id: number; level: number; state: string }
  order: { id: number; state: string }
  notice: { id: number; state: string }
  model_run: Record<string, unknown>
}
export type Handler<K extends EventKind> = (payload: EventPayload[K]) => void
/** A handler whose kind is known only to the one who registered it. */
export type AnyHandler = (payload: never) => void

/** Seconds to wait before try n (0, 1, 2 …): doubling from one, never above thirty. */
export function backoff(tries: number): number {
  return Math.min(30, 2 ** Math.min(tries, 5))
}

export class EventStream {
  private source: EventSource | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private tries = 0
  private readonly handlers = new Map<EventKind, Set<AnyHandler>>()

  constructor(
    private readonly url: string,
    private readonly onStatus: (status: StreamStatus) => void = () => undefined,
    private readonly make: (url: string) => EventSource = (u) => new EventSource(u, { withCredentials: true }),
  ) {}

  on(kind: EventKind, handler: AnyHandler): void {
    const set = this.handlers.get(kind) ?? new Set()
    this.handlers.set(kind, set.add(handler))
  }

  off(kind: EventKind, handler: AnyHandler): void {
    this.handlers.get(kind)?.delete(handler)
  }

  open(): void {
    this.close('connecting')
    const source = (this.source = this.make(this.url))
    source.onopen = () => {
      this.tries = 0
      this.onStatus('open')
    }
    source.onerror = () => this.retry()
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.deliver(kind, (event as MessageEvent<string>).data))
  }

  close(status: StreamStatus = 'closed'): void {
    clearTimeout(this.timer)
    this.source?.close()
    this.source = null
    this.onStatus(status)
  }

  private retry(): void {
    this.close('waiting')
    this.timer = setTimeout(() => this.open(), backoff(this.tries++) * 1000)
  }

  private deliver(kind: EventKind, data: string): void {
    const payload = JSON.parse(data) as never
    for (const handler of this.handlers.get(kind) ?? []) handler(payload)
  }
}
