/** What the pages need to know of commands: the form's fields as CP wants them, and how far a command has come. */
import type { DeviceCommand, Offer } from '@/api/types'
import { toWall } from '@/lib/time'

/** A command chosen beforehand, with its fields. */
export interface Preset { key: string; st?: string; values: Record<string, string> }

const OPEN = new Set(['queued', 'sent', 'accepted'])
export const isOpen = (row: Pick<DeviceCommand, 'state'>): boolean => OPEN.has(row.state)

/** An instant as the protocol writes it: YYYYMMDDhhmmss of the Beijing wall clock. */
export function stamp(at: string | number | Date): string {
  return new Date(toWall(at)).toISOString().slice(0, 19).replace(/\D/g, '')
}

export function spanOf(start: string | number, end: string | number): Record<string, string> {
  return { BeginTime: stamp(start), EndTime: stamp(end) }
}

/** The last hours, whole ones: what history is asked for most. */
export function lastHours(n: number, now: number = Date.now()): Record<string, string> {
  const hour = 3_600_000
  const end = Math.floor(now / hour) * hour
  return spanOf(end - n * hour, end)
}

/** The fields of CP that were filled in; whole numbers as numbers. */
export function paramsOf(offer: Offer, values: Record<string, string | number | undefined>): Record<string, string | number> {
  const filled = offer.fields.flatMap((field) => {
    const value = values[field.name]
    if (value === undefined || value === null || value === '') return []
    return [[field.name, field.kind === 'number' || field.kind === 'choice' ? Number(value) : String(value).trim()] as const]
  })
  return Object.fromEntries(filled)
}

export function complete(offer: Offer, values: Record<string, string | number | undefined>): boolean {
  const params = paramsOf(offer, values)
  return offer.fields.every((field) => field.optional || field.name in params)
}

/** `20261121100000` as people read it. */
export function readable(value: string | number): string {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})?$/.exec(String(value))
  return found ? `${found[1]}-${found[2]}-${found[3]} ${found[4]}:${found[5]}:${found[6]}` : String(value)
}
