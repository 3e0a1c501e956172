import { createPinia, setActivePinia } from 'pinia'
import { effectScope, nextTick, ref } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { errorFrom } from '@/api/errors'
import { useAsync } from '@/composables/useAsync'
import { throttled, useLiveReload } from '@/composables/useLiveEvent'
import { usePaged } from '@/composables/usePaged'
import { useLive } from '@/stores/live'

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 0))

describe('useAsync', () => {
  it('goes from loading to ready', async () => {
    const source = useAsync(() => Promise.resolve({ items: [1] }))
    expect(source.state.value).toBe('loading')
    await settle()
    expect([source.state.value, source.busy.value]).toEqual(['ready', false])
  })
  it.each([[[]], [{ items: [] }]])('calls %j empty', async (data) => {
    const source = useAsync<unknown>(() => Promise.resolve(data))
    await settle()
    expect(source.state.value).toBe('empty')
  })
  it('shows the error, keeps the data, and recovers', async () => {
    const load = vi.fn().mockResolvedValueOnce('a').mockRejectedValueOnce(errorFrom(500, null)).mockResolvedValueOnce('b')
    const source = useAsync<string>(load)
    await settle()
    await source.reload()
    expect([source.state.value, source.data.value]).toEqual(['error', 'a'])
    await source.reload()
    expect([source.state.value, source.data.value]).toEqual(['ready', 'b'])
  })
  it('drops an answer that was overtaken', async () => {
    const answers: ((value: string) => void)[] = []
    const source = useAsync(() => new Promise<string>((done) => answers.push(done)))
    void source.reload()
    answers[1]!('new')
    answers[0]!('old')
    await settle()
    expect(source.data.value).toBe('new')
  })
  it('loads again when a source changes and stops with its scope', async () => {
    const key = ref(1)
    const load = vi.fn((_signal: AbortSignal) => Promise.resolve(key.value))
    const scope = effectScope()
    const source = scope.run(() => useAsync(load, { watch: [key] }))!
    key.value = 2
    await nextTick()
    await settle()
    expect(source.data.value).toBe(2)
    scope.stop()
    expect(load.mock.calls[1]![0].aborted).toBe(true)
  })
})

describe('usePaged', () => {
  it('goes back to page one when a filter changes, once the typist pauses', async () => {
    vi.useFakeTimers()
    const load = vi.fn(() => Promise.resolve({ items: [1], total: 200 }))
    const source = usePaged(load, { q: '' })
    source.page.value = 3
    await nextTick()
    source.filters.q = '热'
    await nextTick()
    source.filters.q = '热电'
    await nextTick()
    await vi.advanceTimersByTimeAsync(300)
    expect(load).toHaveBeenLastCalledWith({ q: '热电', page: 1, size: 50 }, expect.anything())
    expect(load).toHaveBeenCalledTimes(3)
    vi.useRealTimers()
  })
})

describe('throttled', () => {
  it('runs at once, then at most once per interval, and never loses the last call', () => {
    vi.useFakeTimers()
    const work = vi.fn()
    const run = throttled(work, 1000)
    run()
    vi.advanceTimersByTime(0)
    run()
    run()
    vi.advanceTimersByTime(999)
    expect(work).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1)
    expect(work).toHaveBeenCalledTimes(2)
    vi.useRealTimers()
  })
})

describe('reloading with the stream', () => {
  it('answers its kinds and its own thing, and whatever was missed in a break', () => {
    setActivePinia(createPinia())
    const sources: EventTarget[] = []
    class Source extends EventTarget {
      onopen: (() => void) | null = null
      onerror: (() => void) | null = null
      constructor() { super(); sources.push(this) }
      close(): void { /* nothing is open */ }
    }
    vi.stubGlobal('EventSource', Source)
    vi.useFakeTimers()
    const work = vi.fn()
    const page = effectScope()
    page.run(() => useLiveReload(['clue'], work, { id: 7 }))
    useLive().start('/events')
    const tell = (kind: string, id: number): void => { sources.at(-1)!.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify({ id }) })) }
    const source = (): Source => sources.at(-1) as Source
    source().onopen?.()
    tell('clue', 8)
    tell('order', 7)
    expect(work).not.toHaveBeenCalled()
    tell('clue', 7)
    expect(work).toHaveBeenCalledTimes(1)
    source().onerror?.()
    vi.advanceTimersByTime(1500)
    source().onopen?.()
    expect(work).toHaveBeenCalledTimes(2)
    page.stop()
    tell('clue', 7)
    expect(work).toHaveBeenCalledTimes(2)
    useLive().stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
})
