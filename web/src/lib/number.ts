/** Numbers as experts read them: the resolution that was sent, no false digits, a dash for nothing. */
export const NONE = '—'

/** Fixed digits when known, else three significant digits without trailing zeros. */
export function formatValue(value: number | null | undefined, decimals?: number | null): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE
  if (decimals !== null && decimals !== undefined) return value.toFixed(decimals)
  if (Math.abs(value) >= 1000) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

/** Units as they are printed: mg/m3 → mg/m³, Nm3/h → Nm³/h. */
export function formatUnit(unit: string): string {
  return unit.replace(/m([23])\b/g, (_, power: string) => `m${power === '2' ? '²' : '³'}`)
}

export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toLocaleString('en-US')
}

/** 0.873 → "87 %"; null → dash. */
export function formatShare(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? NONE : `${(value * 100).toFixed(digits)} %`
}

export function formatBytes(size: number): string {
  if (size < 1024) return `${size} B`
  return size < 1_048_576 ? `${(size / 1024).toFixed(1)} kB` : `${(size / 1_048_576).toFixed(1)} MB`
}

export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NONE
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
