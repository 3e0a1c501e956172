/** The question behind the page of transmission rates: where, how far back, in which steps. */
import { fromWall, isoBeijing, toWall } from '@/lib/time'

export type By = 'region' | 'enterprise' | 'point'
export type Span = 'd7' | 'd30' | 'quarter' | 'lastQuarter'
export type Every = 'hour' | 'day' | 'quarter'

/** What the rows are, one level below where one stands. */
export function byOf(region: string, enterprise: string): By {
  return enterprise ? 'point' : region ? 'enterprise' : 'region'
}

const DAY = 86_400_000

/** Begin and end as the API wants them; whole Beijing days, the running one included. */
export function spanOf(span: Span, now: number = Date.now()): { start: string; end: string } {
  const wall = new Date(toWall(now))
  const today = Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate())
  const quarter = Date.UTC(wall.getUTCFullYear(), Math.floor(wall.getUTCMonth() / 3) * 3, 1)
  const last = Date.UTC(wall.getUTCFullYear(), Math.floor(wall.getUTCMonth() / 3) * 3 - 3, 1)
  if (span === 'quarter') return { start: fromWall(quarter), end: isoBeijing(now) }
  if (span === 'lastQuarter') return { start: fromWall(last), end: fromWall(quarter) }
  return { start: fromWall(today - (span === 'd7' ? 7 : 30) * DAY), end: isoBeijing(now) }
}
