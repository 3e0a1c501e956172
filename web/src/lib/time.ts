/** Instants arrive as ISO 8601; people of this system read Beijing time, wherever their browser stands. */
const ZONE = 'Asia/Shanghai'
const BEIJING_MS = 8 * 3_600_000 // China keeps no summer time

const FORMAT = new Intl.DateTimeFormat('en-CA', {
  timeZone: ZONE, hourCycle: 'h23',
  year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
})

export type Instant = string | number | Date

interface Parts { year: string; month: string; day: string; hour: string; minute: string; second: string }

function partsOf(at: Instant): Parts | null {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return null
  const found: Record<string, string> = {}
  for (const part of FORMAT.formatToParts(date)) found[part.type] = part.value
  return found as unknown as Parts
}

export type TimeStyle = 'full' | 'minute' | 'day' | 'clock' | 'short'

/** `full` 2026-11-21 08:05:09 · `minute` 2026-11-21 08:05 · `short` 11-21 08:05 · `day` 2026-11-21 · `clock` 08:05:09 */
export function beijing(at: Instant | null | undefined, style: TimeStyle = 'minute'): string {
  const p = at === null || at === undefined ? null : partsOf(at)
  if (!p) return '—'
  const day = `${p.year}-${p.month}-${p.day}`
  if (style === 'day') return day
  if (style === 'clock') return `${p.hour}:${p.minute}:${p.second}`
  if (style === 'short') return `${p.month}-${p.day} ${p.hour}:${p.minute}`
  return `${day} ${p.hour}:${p.minute}${style === 'full' ? `:${p.second}` : ''}`
}

/** Milliseconds shifted so that a UTC axis or picker shows Beijing wall time; `fromWall` undoes it. */
export function toWall(at: Instant): number {
  return new Date(at).getTime() + BEIJING_MS
}
export function fromWall(wall: number): string {
  return isoBeijing(wall - BEIJING_MS)
}

/** ISO 8601 with +08:00, as the API speaks. */
export function isoBeijing(at: Instant): string {
  return `${new Date(toWall(at)).toISOString().slice(0, 19)}+08:00`
}

/** A picker's local wall clock (its fields, not its instant) read as Beijing time. */
export function pickedAsBeijing(picked: Date): string {
  return fromWall(picked.getTime() - picked.getTimezoneOffset() * 60_000)
}
/** An instant as the Date a picker needs to show its Beijing wall clock. */
export function asPicked(at: Instant): Date {
  const wall = new Date(toWall(at))
  return new Date(wall.getTime() + wall.getTimezoneOffset() * 60_000)
}

export type Unit = 'second' | 'minute' | 'hour' | 'day'
/** How long ago, in the largest fitting unit; never negative. */
export function ago(at: Instant, now: number = Date.now()): { n: number; unit: Unit } {
  const s = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000))
  if (s < 60) return { n: s, unit: 'second' }
  if (s < 3600) return { n: Math.floor(s / 60), unit: 'minute' }
  return s < 86_400 ? { n: Math.floor(s / 3600), unit: 'hour' } : { n: Math.floor(s / 86_400), unit: 'day' }
}

/** Time left until a deadline in hours; negative when it is past. */
export function hoursLeft(due: Instant, now: number = Date.now()): number {
  return (new Date(due).getTime() - now) / 3_600_000
}

/** The last day of a period that ends before a moment: of one that ends at midnight, the day before. */
export const lastDay = (end: string): string => beijing(Date.parse(end) - 1, 'day')
