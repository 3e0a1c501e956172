/** Hours without a reading are left out by the server; a line drawn across them would hide what is missing. */
import type { Curve, CurvePoint, CurveSeries } from '@/api/types'
import { isoBeijing } from '@/lib/time'

function opened(points: readonly CurvePoint[], stepMs: number): CurvePoint[] {
  return points.flatMap((point, i): CurvePoint[] => {
    const before = points[i - 1]
    if (!before || Date.parse(point[0]) - Date.parse(before[0]) <= stepMs * 1.5) return [point]
    return [[isoBeijing(Date.parse(before[0]) + stepMs), null, null, null, null], point]
  })
}

/** The curve with an empty point after every reading that is not followed by the next in time. */
export function withGaps(curve: Curve): Curve {
  if (curve.thinned) return curve // its points are further apart than the step says
  return { ...curve, series: curve.series.map((one): CurveSeries => ({ ...one, points: opened(one.points, curve.step_s * 1000) })) }
}
