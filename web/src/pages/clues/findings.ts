import type { FindingRow } from '@/api/types'

/** What the chart needs of findings: the exact hours, in the colour of their level, on the track of their factor. */
export function episodeSources(findings: readonly FindingRow[]): { episodes: [string, string][]; level: number; factor: string | null }[] {
  return findings.map(({ episodes, level, factor }) => ({ episodes, level, factor: factor?.code ?? null }))
}

export interface LevelLine { level: 1 | 2 | 3; text: string; reached: boolean; crossed: boolean }

/** The ladder of thresholds from mild to severe; a level that is not set for this outlet has no text. */
export function ladder(finding: FindingRow): LevelLine[] {
  return ([3, 2, 1] as const).map((level) => ({
    level, text: finding.thresholds[String(level) as '1'] ?? '', reached: level >= finding.level, crossed: level === finding.level,
  }))
}
