/** What people typed or photographed but the server does not have yet, kept in this browser (IndexedDB). */
import Dexie, { type EntityTable } from 'dexie'

export interface DraftRow {
  /** `<user>:<object>`; one person never sees the drafts of another on a shared device */
  key: string
  form: unknown
  changedAt: number
  /** whether all of it has reached the server */
  sent: boolean
}
export interface PhotoRow {
  id: number
  key: string
  /** place in the form the photo belongs to */
  slot: string
  name: string
  blob: Blob
  takenAt: number
  lon: number | null
  lat: number | null
}

class Drafts extends Dexie {
  drafts!: EntityTable<DraftRow, 'key'>
  photos!: EntityTable<PhotoRow, 'id'>

  constructor() {
    super('yuanjian-drafts')
    this.version(1).stores({ drafts: 'key', photos: '++id, key' })
  }
}
export const db = new Drafts()

export function draftKey(user: number | undefined, object: string): string {
  return `${user ?? 0}:${object}`
}

export async function loadDraft<T>(key: string): Promise<{ form: T; sent: boolean } | null> {
  const row = await db.drafts.get(key)
  return row ? { form: row.form as T, sent: row.sent } : null
}

/** The form is stored as plain data: reactive objects cannot be cloned into the database. */
export async function saveDraft(key: string, form: unknown, sent: boolean, now = Date.now()): Promise<void> {
  await db.drafts.put({ key, form: JSON.parse(JSON.stringify(form)) as unknown, changedAt: now, sent })
}

export async function dropDraft(key: string): Promise<void> {
  await db.transaction('rw', db.drafts, db.photos, async () => {
    await db.drafts.delete(key)
    await db.photos.where('key').equals(key).delete()
  })
}

/** Objects of one person with something that has not reached the server. */
export async function unsentObjects(user: number | undefined): Promise<Set<string>> {
  const prefix = draftKey(user, '')
  const drafts = await db.drafts.where('key').startsWith(prefix).filter((row) => !row.sent).toArray()
  const photos = await db.photos.where('key').startsWith(prefix).toArray()
  return new Set([...drafts, ...photos].map((row) => row.key.slice(prefix.length)))
}

export async function queuePhoto(photo: Omit<PhotoRow, 'id'>): Promise<number> {
  return db.photos.add(photo)
}

export async function queuedPhotos(key: string): Promise<PhotoRow[]> {
  return db.photos.where('key').equals(key).sortBy('id')
}

export async function dropPhoto(id: number): Promise<void> {
  await db.photos.delete(id)
}
