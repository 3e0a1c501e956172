/** Photos of a visit: kept in the browser first, then sent one after the other; what fails waits for the network. */
import { computed, onScopeDispose, reactive, type ComputedRef } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import type { FileRow } from '@/api/types'
import { dropPhoto, queuedPhotos, queuePhoto, type PhotoRow } from '@/drafts/store'
import { isoBeijing } from '@/lib/time'
import { uploadFile } from './upload'

export interface Sending { id: number; slot: string; name: string; url: string; share: number; error: ApiError | null }
export interface Photos {
  items: Sending[]
  waiting: ComputedRef<number>
  add: (slot: string, files: Iterable<File>, place: { lon: number | null; lat: number | null }) => Promise<void>
  discard: (id: number) => Promise<void>
  retry: () => Promise<void>
  restore: () => Promise<void>
}

export function formOf(photo: PhotoRow): FormData {
  const form = new FormData()
  form.append('file', photo.blob, photo.name)
  form.append('kind', 'photo')
  form.append('captured_at', isoBeijing(photo.takenAt))
  if (photo.lon !== null && photo.lat !== null) {
    form.append('lon', String(photo.lon))
    form.append('lat', String(photo.lat))
  }
  return form
}

export function usePhotos(key: string, stored: (slot: string, file: FileRow) => void): Photos {
  const items = reactive<Sending[]>([])
  let running: Promise<void> | null = null

  function show(row: PhotoRow): void {
    items.push({ id: row.id, slot: row.slot, name: row.name, url: URL.createObjectURL(row.blob), share: 0, error: null })
  }
  function forget(id: number): void {
    const at = items.findIndex((item) => item.id === id)
    if (at < 0) return
    URL.revokeObjectURL(items[at]!.url)
    items.splice(at, 1)
  }

  async function send(row: PhotoRow): Promise<void> {
    const item = items.find((other) => other.id === row.id)
    if (!item) return
    item.error = null
    try {
      stored(row.slot, await uploadFile(formOf(row), (share) => { item.share = share }))
      await dropPhoto(row.id)
      forget(row.id)
    } catch (thrown) {
      item.share = 0
      item.error = asApiError(thrown)
    }
  }
  async function drain(): Promise<void> {
    for (const row of await queuedPhotos(key)) await send(row)
  }
  function retry(): Promise<void> {
    running ??= drain().finally(() => { running = null })
    return running
  }

  async function add(slot: string, files: Iterable<File>, place: { lon: number | null; lat: number | null }): Promise<void> {
    for (const file of files) {
      const row = { key, slot, name: file.name, blob: file, takenAt: file.lastModified || Date.now(), ...place }
      show({ ...row, id: await queuePhoto(row) })
    }
    await running
    await retry()
  }
  async function discard(id: number): Promise<void> {
    await dropPhoto(id)
    forget(id)
  }
  async function restore(): Promise<void> {
    for (const row of await queuedPhotos(key)) show(row)
    if (items.length) await retry()
  }

  const online = (): void => void retry()
  window.addEventListener('online', online)
  onScopeDispose(() => {
    window.removeEventListener('online', online)
    for (const item of items) URL.revokeObjectURL(item.url)
  })
  return { items, waiting: computed(() => items.length), add, discard, retry, restore }
}
