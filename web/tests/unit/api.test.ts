import { afterEach, describe, expect, it, vi } from 'vitest'
import { api, cookie, urlFor, whenUnauthorised } from '@/api/client'
import { ApiError, asApiError, errorFrom } from '@/api/errors'

function answer(status: number, body: unknown, type = 'application/json'): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { 'content-type': type } })
}
afterEach(() => vi.unstubAllGlobals())

async function failure(work: Promise<unknown>): Promise<ApiError> {
  return work.then(() => { throw new Error('should have failed') }, (thrown: unknown) => thrown as ApiError)
}

describe('error envelope', () => {
  it('keeps code, both texts and unmet conditions', () => {
    const error = errorFrom(409, { code: 'clues.refused', message: '不能提醒', message_en: 'Cannot remind', details: { unmet: ['先现场核查'] } })
    expect([error.reasons('zh'), error.reasons('en')]).toEqual([['先现场核查'], ['先现场核查']])
    const both = errorFrom(409, { code: 'x', message: 'x', message_en: 'x', details: { unmet: ['先现场核查'], unmet_en: ['check first'] } })
    expect([both.reasons('zh'), both.reasons('en')]).toEqual([['先现场核查'], ['check first']])
    expect([error.code, error.text('zh'), error.text('en'), error.unmet]).toEqual(['clues.refused', '不能提醒', 'Cannot remind', ['先现场核查']])
  })
  it('has a text for every status, even without a body', () => {
    expect(errorFrom(404, null).code).toBe('not_found')
    expect(errorFrom(500, '<html>').text('en')).toMatch(/server failed/i)
    expect(errorFrom(422, { detail: [{ loc: ['x'] }] })).toMatchObject({ code: 'invalid', unmet: [] })
  })
  it('falls back to the other language rather than to nothing', () => {
    expect(new ApiError(400, 'x', '中', '').text('en')).toBe('中')
  })
  it('calls a failed fetch a network error and a bug of the page by its name', () => {
    expect(asApiError(new TypeError('failed')).code).toBe('network')
    expect(asApiError(new RangeError('oops'))).toMatchObject({ code: 'client', en: 'The page failed: oops' })
  })
})

describe('client', () => {
  it('builds queries without empty values and with repeated lists', () => {
    expect(urlFor('/clues', { state: 'open', q: '', level: null, model: ['M101', 'M205'], page: 2 })).toBe('/api/clues?state=open&model=M101&model=M205&page=2')
    expect(urlFor('/session')).toBe('/api/session')
  })
  it('reads one cookie out of the jar', () => {
    expect(cookie('csrftoken', 'a=1; csrftoken=t%3D1; b=2')).toBe('t=1')
    expect(cookie('csrftoken', 'a=1')).toBe('')
  })
  it('sends the CSRF token with everything that writes', async () => {
    document.cookie = 'csrftoken=token-1'
    const calls = vi.fn((_url: string, _init: RequestInit) => Promise.resolve(answer(200, { ok: true })))
    vi.stubGlobal('fetch', calls)
    await api.get('/links', { q: 'x' })
    await api.post('/session', { username: 'a' })
    expect(calls.mock.calls[0]![1].headers).not.toHaveProperty('X-CSRFToken')
    expect(calls.mock.calls[1]![1]).toMatchObject({ method: 'POST', body: '{"username":"a"}', headers: { 'X-CSRFToken': 'token-1', 'Content-Type': 'application/json' } })
  })
  it('sends files as a form without a content type of its own', async () => {
    const calls = vi.fn((_url: string, _init: RequestInit) => Promise.resolve(answer(200, {})))
    vi.stubGlobal('fetch', calls)
    await api.upload('/files', new FormData())
    expect(calls.mock.calls[0]![1].headers).not.toHaveProperty('Content-Type')
    expect(calls.mock.calls[0]![1].body).toBeInstanceOf(FormData)
  })
  it('throws the envelope and reports the end of a session', async () => {
    const ended = vi.fn()
    whenUnauthorised(ended)
    vi.stubGlobal('fetch', () => Promise.resolve(answer(401, { code: 'session.missing', message: '请登录', message_en: 'Sign in', details: {} })))
    expect((await failure(api.get('/clues'))).status).toBe(401)
    expect(ended).toHaveBeenCalledOnce()
  })
  it('turns a broken connection into an error with a text', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')))
    expect((await failure(api.get('/clues'))).text('zh')).toContain('连不上')
  })
  it('survives an answer that is not JSON', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('bad gateway', { status: 502, headers: { 'content-type': 'text/html' } })))
    expect((await failure(api.get('/clues'))).code).toBe('unknown')
  })
})
