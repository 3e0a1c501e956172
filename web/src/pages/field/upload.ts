/** One file on its way, with the share that has gone: `fetch` cannot tell, so this is the old request object. */
import { cookie } from '@/api/client'
import { errorFrom } from '@/api/errors'
import type { FileRow } from '@/api/types'

function answerOf(request: XMLHttpRequest): unknown {
  try {
    return JSON.parse(request.responseText) as unknown
  } catch {
    return null // an answer that is not ours, e.g. of a proxy; the status tells enough
  }
}

export function uploadFile(form: FormData, onProgress: (share: number) => void): Promise<FileRow> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', '/api/files')
    request.setRequestHeader('X-CSRFToken', cookie('csrftoken'))
    request.setRequestHeader('Accept', 'application/json')
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total) }
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(answerOf(request) as FileRow)
      else reject(errorFrom(request.status, answerOf(request)))
    }
    request.onerror = () => reject(errorFrom(0, null))
    request.send(form)
  })
}
