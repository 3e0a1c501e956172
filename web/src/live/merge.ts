/** A row of /api/latest with what the stream has brought since: newer values replace, the share of the limit follows. */
import type { LatestRow } from '@/api/types'
import { liveKey, type LiveValue } from '@/stores/live'

export function mergeLatest(row: LatestRow, latest: ReadonlyMap<string, LiveValue>): LatestRow {
  const live = latest.get(liveKey(row.point_id, row.factor))
  if (!live || new Date(live.time) < new Date(row.time)) return row
  const judged = live.reference ?? live.value
  const ratio = row.limit && judged !== null ? judged / row.limit : null
  return { ...row, time: live.time, value: live.value, reference: live.reference, flag: live.flag, ratio }
}
