import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { LatestRow } from '@/api/types'
import { backoff, EventStream, type StreamStatus } from '@/live/events'
import { mergeLatest } from '@/live/merge'
import { liveKey, streamUrl, useLive, type LiveValue } from '@/stores/live'

class FakeSource extends EventTarget {
  static made: FakeSource[] = []
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  closed = false
  constructor(readonly url: string) {
    super()
    FakeSource.made.push(this)
  }
  close(): void { this.closed = true }
  send(kind: string, data: unknown): void { this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) })) }
}
const last = (): FakeSource => FakeSource.made.at(-1)!
beforeEach(() => { FakeSource.made = [] })

describe('event stream', () => {
  it('doubles its patience up to half a minute', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map(backoff)).toEqual([1, 2, 4, 8, 16, 30, 30])
  })
  it('delivers by kind, reconnects after an error, and keeps its handlers', () => {
    vi.useFakeTimers()
    const states: StreamStatus[] = []
    const stream = new EventStream('/events', (s) => states.push(s), (url) => new FakeSource(url) as unknown as EventSource)
    const seen: unknown[] = []
    const handler = (payload: never): number => seen.push(payload)
    const back = vi.fn()
    stream.on('clue', handler)
    stream.on('back', back)
    stream.open()
    last().onopen?.()
    last().send('clue', { id: 1 })
    last().send('order', { id: 9 })
    last().onerror?.()
    expect(last().closed).toBe(true)
    vi.advanceTimersByTime(1500)
    expect(FakeSource.made).toHaveLength(2)
    expect(back).not.toHaveBeenCalled()
    last().onopen?.()
    expect(back).toHaveBeenCalledTimes(1)
    last().send('clue', { id: 2 })
    stream.off('clue', handler)
    last().send('clue', { id: 3 })
    expect(seen).toEqual([{ id: 1 }, { id: 2 }])
    stream.close()
    expect(states).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open', 'closed'])
    vi.useRealTimers()
  })
})

describe('live store', () => {
  it.each([['/events', '/events'], ['http://h:8081', 'http://h:8081/events'], ['http://h:8081/events/', 'http://h:8081/events']])('reads push address %s as %s', (given, url) => {
    expect(streamUrl(given)).toBe(url)
  })
  it('keeps the newest values and passes events to subscribers across reconnects', () => {
    setActivePinia(createPinia())
    vi.stubGlobal('EventSource', FakeSource)
    const live = useLive()
    const seen = vi.fn()
    const off = live.on('link', seen)
    live.start('http://h:8081')
    last().send('latest', { items: [{ point_id: 7, factor: 'a21026', cadence: 'hour', time: 't', value: 3, reference: null, flag: 'N' }] })
    last().send('link', { mn: 'X', state: 'online' })
    expect(live.latest.get(liveKey(7, 'a21026'))?.value).toBe(3)
    expect(live.received).toBe(1)
    live.start('http://h:8081')
    last().send('link', { mn: 'X', state: 'offline' })
    off()
    last().send('link', { mn: 'X', state: 'online' })
    expect(seen).toHaveBeenCalledTimes(2)
    live.stop()
    expect(live.latest.size).toBe(0)
    vi.unstubAllGlobals()
  })
})

describe('merging the stream into a row', () => {
  const row = { point_id: 7, factor: 'a21026', time: '2026-11-21T08:00:00+08:00', value: 20, reference: null, limit: 35, ratio: 20 / 35, flag: 'N' } as LatestRow
  const live = (time: string, value: number, reference: number | null): Map<string, LiveValue> =>
    new Map([[liveKey(7, 'a21026'), { point_id: 7, factor: 'a21026', cadence: 'realtime', time, value, reference, flag: 'N' }]])
  it('takes newer values and judges the converted one', () => {
    expect(mergeLatest(row, live('2026-11-21T08:01:00+08:00', 40, 70))).toMatchObject({ value: 40, reference: 70, ratio: 2 })
  })
  it('compares instants, not texts, and leaves older values out', () => {
    expect(mergeLatest(row, live('2026-11-21T00:01:00Z', 21, null)).value).toBe(21)
    expect(mergeLatest(row, live('2026-11-20T23:59:00Z', 99, null))).toBe(row)
    expect(mergeLatest(row, new Map())).toBe(row)
  })
})
