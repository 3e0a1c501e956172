/** Worst open level of a county: by its own code, else by its city's or province's row. */
import type { RegionCount } from '@/api/types'
import { levelOf } from './styles'
import type { Level } from '@/design/tokens'

export function districtLevels(regions: RegionCount[]): (code: string) => Level | 0 {
  const byCode = new Map(regions.map((region) => [region.code, levelOf(region.worst_level)]))
  return (code) => byCode.get(code) ?? byCode.get(`${code.slice(0, 4)}00`) ?? 0
}

/** The smallest division around all of these: what somebody without a region of their own is shown. */
export function around(codes: readonly string[]): string {
  const shared = [2, 4, 6].filter((digits) => new Set(codes.map((code) => code.slice(0, digits))).size === 1)
  return (codes[0] ?? '').slice(0, shared.length * 2).padEnd(6, '0')
}
