/** Shaded periods: episodes of findings, marks of the enterprise, running of facilities → ECharts mark areas. */
import { toWall } from '@/lib/time'
import type { ChartModel, LineTrack, Span } from './model'
import type { ChartTheme } from './theme'

export interface AreaEdge { xAxis: number; name?: string; itemStyle?: { color: string; borderColor?: string; borderWidth?: number }; label?: object }
export type Area = [AreaEdge, { xAxis: number }]

/** The part of a period inside the window; null when it lies outside. A period without length keeps one minute to be seen. */
export function clamp([start, end]: Span, model: Pick<ChartModel, 'start' | 'end'>): Span | null {
  const from = Math.max(start, model.start)
  const to = Math.min(Math.max(end, start + 60_000), model.end)
  return from < to ? [from, to] : null
}

function area(span: Span, model: ChartModel, edge: Omit<AreaEdge, 'xAxis'>): Area[] {
  const inside = clamp(span, model)
  return inside ? [[{ ...edge, xAxis: toWall(inside[0]) }, { xAxis: toWall(inside[1]) }]] : []
}

export function episodeAreas(track: LineTrack, model: ChartModel, theme: ChartTheme): Area[] {
  return model.episodes.flatMap((e) => {
    const strong = track.strong && (e.factor === null || e.factor === track.id)
    const itemStyle = strong
      ? { color: theme.level(e.level, 0.2), borderColor: theme.level(e.level, 0.75), borderWidth: 1 }
      : { color: theme.level(e.level, 0.07) }
    return area([e.start, e.end], model, { itemStyle })
  })
}

export function markAreas(track: LineTrack, model: ChartModel, theme: ChartTheme): Area[] {
  if (track.tone !== 'pollutant') return []
  return model.marks
    .filter((m) => m.factor === null || m.factor === track.id)
    .flatMap((m) => area([m.start, m.end], model, {
      name: m.label,
      itemStyle: { color: theme.alpha(theme.mark, 0.16) },
      label: { show: true, position: 'insideTop', color: theme.muted, fontSize: 11 },
    }))
}

export function runningAreas(track: LineTrack, model: ChartModel, theme: ChartTheme): Area[] {
  const itemStyle = { color: theme.alpha(theme.tone[track.tone], 0.14) }
  return track.running.flatMap((span) => area(span, model, { itemStyle }))
}

export function areasOf(track: LineTrack, model: ChartModel, theme: ChartTheme): Area[] {
  return [...runningAreas(track, model, theme), ...markAreas(track, model, theme), ...episodeAreas(track, model, theme)]
}
