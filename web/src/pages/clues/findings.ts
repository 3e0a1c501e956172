import type { FindingRow } from '@/api/types'

export interface EpisodeSource { episodes: [string, string][]; level: number; factor: string | null }

/** Whether one claim merely spans the hours of a graver one, as a daily model does over an hourly. */
function blankets(finding: FindingRow, others: readonly FindingRow[]): boolean {
  const graver = others.filter((other) => other.level < finding.level).flatMap((other) => other.episodes)
  return finding.episodes.some(([from, to]) => graver.some(([start, end]) => from <= start && end <= to && (from < start || end < to)))
}

/** What the chart needs of findings: the exact hours, in the colour of their level, on the track of their factor.
 *  A claim that would only paint over the hours of a graver one is shown when it is chosen. */
export function episodeSources(findings: readonly FindingRow[], chosen?: number): EpisodeSource[] {
  return findings
    .filter((finding, i) => i === chosen || !blankets(finding, findings))
    .map(({ episodes, level, factor }) => ({ episodes, level, factor: factor?.code ?? null }))
}

export interface LevelLine { level: 1 | 2 | 3; text: string; reached: boolean; crossed: boolean }

/** The ladder of thresholds from mild to severe; a level that is not set for this outlet has no text. */
export function ladder(finding: Pick<FindingRow, 'level' | 'thresholds' | 'thresholds_en'>, english = false): LevelLine[] {
  const texts = english ? finding.thresholds_en : finding.thresholds
  return ([3, 2, 1] as const).map((level) => ({
    level, text: texts[String(level) as '1'] ?? '', reached: level >= finding.level, crossed: level === finding.level,
  }))
}
