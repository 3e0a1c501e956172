/** Thinning that never hides a peak or a gap: each bucket keeps its first lowest and highest value and its first gap. */
export type XY = [x: number, y: number | null, flag?: string | null]

function extremes(bucket: XY[]): XY[] {
  let low = -1
  let high = -1
  let gap = -1
  bucket.forEach(([, y], i) => {
    if (y === null) gap = gap < 0 ? i : gap
    else {
      if (low < 0 || y < (bucket[low]![1] as number)) low = i
      if (high < 0 || y > (bucket[high]![1] as number)) high = i
    }
  })
  const kept = [...new Set([low, high, gap])].filter((i) => i >= 0).sort((a, b) => a - b)
  return kept.map((i) => bucket[i]!)
}

/** At most about `limit` points, always with the last; the input itself when it is small enough. */
export function thin(points: XY[], limit = 3000): XY[] {
  if (points.length <= limit) return points
  const size = Math.ceil((points.length * 3) / limit)
  const out: XY[] = []
  for (let i = 0; i < points.length; i += size) out.push(...extremes(points.slice(i, i + size)))
  const last = points[points.length - 1]!
  if (out[out.length - 1] !== last) out.push(last)
  return out
}
