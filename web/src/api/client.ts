/** The one way to the server: session cookie, CSRF header, query building, error envelope. */
import { asApiError, errorFrom, isAbort } from './errors'

type Scalar = string | number | boolean
export type Query = Record<string, Scalar | readonly Scalar[] | null | undefined>

interface Options {
  query?: object
  body?: unknown
  form?: FormData
  signal?: AbortSignal
}

let onUnauthorised: () => void = () => undefined
/** Called whenever the server says that no one is signed in (the session ran out). */
export function whenUnauthorised(handler: () => void): void {
  onUnauthorised = handler
}

export function cookie(name: string, jar = document.cookie): string {
  const found = jar.split('; ').find((part) => part.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ''
}

/** `/api` + path + query; empty values are left out, lists are repeated. */
export function urlFor(path: string, query: object = {}): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query) as [string, Query[string]][]) {
    const list = Array.isArray(value) ? value : [value]
    for (const item of list) if (item !== null && item !== undefined && item !== '') params.append(key, String(item))
  }
  const tail = params.toString()
  return `/api${path}${tail ? `?${tail}` : ''}`
}

async function parsed(response: Response): Promise<unknown> {
  const kind = response.headers.get('content-type') ?? ''
  return kind.includes('json') ? ((await response.json()) as unknown) : null
}

function initFor(method: string, { body, form, signal }: Options): RequestInit {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-CSRFToken'] = cookie('csrftoken')
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  return { method, headers, credentials: 'same-origin', signal, body: form ?? (body === undefined ? null : JSON.stringify(body)) }
}

async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  try {
    const response = await fetch(urlFor(path, options.query), initFor(method, options))
    const body = await parsed(response)
    if (response.ok) return body as T
    if (response.status === 401) onUnauthorised()
    throw errorFrom(response.status, body)
  } catch (thrown) {
    throw isAbort(thrown) ? thrown : asApiError(thrown)
  }
}

export const api = {
  get: <T>(path: string, query?: object, signal?: AbortSignal) => request<T>('GET', path, { query, signal }),
  post: <T>(path: string, body: unknown = {}) => request<T>('POST', path, { body }),
  put: <T>(path: string, body: unknown) => request<T>('PUT', path, { body }),
  patch: <T>(path: string, body: unknown) => request<T>('PATCH', path, { body }),
  delete: <T>(path: string) => request<T>('DELETE', path),
  upload: <T>(path: string, form: FormData) => request<T>('POST', path, { form }),
}
