/** Server-sent events with our own reconnect: the browser gives up after an HTTP error, we do not. */
export type SentKind = 'latest' | 'link' | 'clue' | 'order' | 'notice' | 'model_run'
/** `back` is our own: the stream is open again after a break, and what came meanwhile nobody will tell us. */
export type EventKind = SentKind | 'back'
export const KINDS: readonly SentKind[] = ['latest', 'link', 'clue', 'order', 'notice', 'model_run']
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
  back: null
}
export type Handler<K extends EventKind> = (payload: EventPayload[K]) => void
/** A handler whose kind is known only to the one who registered it. */
export type AnyHandler = (payload: never) => void

/** Seconds to wait before try n (0, 1, 2 …): doubling from one, never above thirty. */
export function backoff(tries: number): number {
  return Math.min(30, 2 ** Math.min(tries, 5))
}

/** Milliseconds before try n. After a restart of the push process every browser of the province comes back: not all at once. */
function pause(tries: number): number {
  return backoff(tries) * 1000 * (0.5 + Math.random())
}

export class EventStream {
  private source: EventSource | null = null
  private broken = false
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
      if (this.broken) this.tell('back', null as never)
      this.broken = false
    }
    source.onerror = () => this.retry()
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.tell(kind, JSON.parse((event as MessageEvent<string>).data) as never))
  }

  close(status: StreamStatus = 'closed'): void {
    clearTimeout(this.timer)
    this.source?.close()
    this.source = null
    this.onStatus(status)
  }

  private retry(): void {
    this.close('waiting')
    this.broken = true
    this.timer = setTimeout(() => this.open(), pause(this.tries++))
  }

  private tell(kind: EventKind, payload: never): void {
    for (const handler of this.handlers.get(kind) ?? []) handler(payload)
  }
}
