/** Every failed call ends up as one `ApiError`, whatever went wrong on the way. */
export interface ErrorDetails {
  unmet?: string[]
  unmet_en?: string[]
  [key: string]: unknown
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly zh: string,
    readonly en: string,
    readonly details: ErrorDetails = {},
  ) {
    super(`${code}: ${en}`)
    this.name = 'ApiError'
  }

  /** The message in the language shown; the other language rather than nothing. */
  text(locale: string): string {
    return locale.startsWith('zh') ? this.zh || this.en : this.en || this.zh
  }

  /** Conditions that are not met, in the language shown. */
  reasons(locale: string): string[] {
    const english = this.details.unmet_en
    return locale.startsWith('zh') || !Array.isArray(english) ? this.unmet : english.map(String)
  }

  /** Conditions that are not met, when the server refused an action. */
  get unmet(): string[] {
    return Array.isArray(this.details.unmet) ? this.details.unmet.map(String) : []
  }
}

const BY_STATUS: Record<number, [code: string, zh: string, en: string]> = {
  0: ['network', '连不上服务，请检查网络后重试', 'The server cannot be reached. Check the network and try again'],
  401: ['session.missing', '请先登录', 'Please sign in'],
  403: ['forbidden', '没有权限进行此操作', 'You are not allowed to do this'],
  404: ['not_found', '没有找到，或不在您的辖区内', 'Not found, or outside your area'],
  413: ['too_large', '文件太大', 'The file is too large'],
  422: ['invalid', '填写的内容有误', 'Some of the input is not valid'],
}
const UNKNOWN: [string, string, string] = ['unknown', '服务出错，请稍后重试', 'The server failed. Try again later']

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Map an answer's status and body (the envelope `{code,message,message_en,details}`, or anything) to an error. */
export function errorFrom(status: number, body: unknown): ApiError {
  const [code, zh, en] = BY_STATUS[status] ?? UNKNOWN
  if (!isRecord(body)) return new ApiError(status, code, zh, en)
  if (typeof body.code === 'string') {
    const details = isRecord(body.details) ? body.details : {}
    return new ApiError(status, body.code, text(body.message) || zh, text(body.message_en) || en, details)
  }
  return new ApiError(status, code, zh, en, { detail: body.detail })
}

/** Turn whatever was thrown into an `ApiError`; a failed fetch counts as status 0. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  if (thrown instanceof TypeError) return errorFrom(0, null)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new ApiError(-1, 'client', `页面出错：${message}`, `The page failed: ${message}`)
}

export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError'
}
