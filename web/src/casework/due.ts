import { hoursLeft } from '@/lib/time'

export interface TimeLeft { over: boolean; n: number; unit: 'hour' | 'day' }

/** Whole hours below two days, whole days above; the sign is told by `over`. */
export function timeLeft(due: string, now: number): TimeLeft {
  const hours = hoursLeft(due, now)
  const size = Math.abs(hours)
  return size < 48 ? { over: hours < 0, n: Math.floor(size), unit: 'hour' } : { over: hours < 0, n: Math.floor(size / 24), unit: 'day' }
}
