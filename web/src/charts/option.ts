/** ChartModel → ECharts option: stacked grids, one linked time axis in Beijing wall time, one zoom. */
import type { EChartsCoreOption } from 'echarts/core'
import { formatValue } from '@/lib/number'
import { toWall } from '@/lib/time'
import { areasOf } from './areas'
import type { Box } from './layout'
import { layout } from './layout'
import type { ChartLimit, ChartLine, ChartModel, LineTrack, Track } from './model'
import type { ChartTheme } from './theme'

const LEFT = 52
const RIGHT = 14

/** Upper end of the value axis: room for the limit unless it is so far above that it would flatten the curve. */
export function axisMax(track: LineTrack): number | undefined {
  const values = track.lines.flatMap((line) => line.points.map((p) => p[1] ?? -Infinity))
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity)
  const limit = Math.max(...track.limits.map((l) => l.value), -Infinity)
  if (limit <= top || limit === -Infinity) return undefined
  return top > 0 && limit > top * 6 ? undefined : niceAbove(limit)
}

/** The next round number (1, 1.2, 1.5, 2 … × 10ⁿ) well above a limit, so that the axis ends on a clean label. */
export function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  const step = [1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12].find((s) => s * unit >= value * 1.05) ?? 12
  return Number((step * unit).toPrecision(3))
}

function titleOf(track: Track): string {
  if (track.kind === 'events') return track.title
  const limits = [...new Set(track.limits.map((l) => l.label))].join(' · ')
  return [`${track.title}  ${track.unit}`, limits].filter(Boolean).join('    ')
}

function limitLine(limit: ChartLimit): [object, object] {
  return [{ coord: [toWall(limit.from), limit.value] }, { coord: [toWall(limit.to), limit.value] }]
}

function extras(track: LineTrack, model: ChartModel, theme: ChartTheme): object {
  return {
    markArea: { silent: true, data: areasOf(track, model, theme) },
    markLine: {
      silent: true,
      symbol: 'none',
      label: { show: false },
      lineStyle: { color: theme.limit, type: 'dashed', width: 1.2 },
      data: track.limits.map(limitLine),
    },
  }
}

function lineSeries(line: ChartLine, track: LineTrack, index: number, model: ChartModel, theme: ChartTheme): object {
  const main = line.role === 'main'
  const colour = theme.tone[track.tone]
  return {
    type: 'line',
    id: `${track.id}:${line.role}`,
    name: track.lines.length > 1 ? `${track.title} ${line.name}` : track.title,
    xAxisIndex: index,
    yAxisIndex: index,
    data: line.points.map(([x, y, flag]) => [toWall(x), y, flag ?? null]),
    showSymbol: line.points.length < 60,
    symbolSize: 4,
    connectNulls: false,
    step: track.running.length ? 'start' : undefined,
    lineStyle: { width: main ? 1.5 : 1, color: colour, opacity: main ? 1 : 0.45 },
    itemStyle: { color: colour, opacity: main ? 1 : 0.5 },
    areaStyle: track.tone === 'production' || track.tone === 'treatment' ? { opacity: 0.12 } : undefined,
    emphasis: { disabled: true },
    animation: false,
    ...(main ? extras(track, model, theme) : {}),
  }
}

function seriesOf(track: Track, index: number, model: ChartModel, theme: ChartTheme): object[] {
  if (track.kind === 'line') return track.lines.map((line) => lineSeries(line, track, index, model, theme))
  return [{
    type: 'scatter',
    id: track.id,
    name: track.title,
    xAxisIndex: index,
    yAxisIndex: index,
    symbol: 'rect',
    symbolSize: [5, 18],
    itemStyle: { color: theme.tone.aux },
    data: track.items.map((item) => ({ value: [toWall(item.at), 0.5], name: item.text })),
    animation: false,
  }]
}

function xAxis(index: number, last: boolean, model: ChartModel, theme: ChartTheme): object {
  return {
    type: 'time',
    gridIndex: index,
    min: toWall(model.start),
    max: toWall(model.end),
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: last, lineStyle: { color: theme.line } },
    axisLabel: {
      show: last, color: theme.muted, fontSize: 11, hideOverlap: true,
      formatter: { year: '{yyyy}', month: '{MM}-{dd}', day: '{MM}-{dd}', hour: '{HH}:{mm}', minute: '{HH}:{mm}', second: '{HH}:{mm}:{ss}' },
    },
    splitLine: { show: true, lineStyle: { color: theme.line, opacity: 0.5 } },
    axisPointer: { show: true, label: { show: last, formatter: (p: { value: number }) => wallText(p.value) } },
  }
}

function yAxis(track: Track, index: number, theme: ChartTheme): object {
  if (track.kind === 'events') return { type: 'value', gridIndex: index, min: 0, max: 1, show: false }
  return {
    type: 'value',
    gridIndex: index,
    max: axisMax(track),
    scale: track.tone === 'aux',
    splitNumber: track.tone === 'pollutant' ? 4 : 2,
    axisLabel: { color: theme.muted, fontSize: 11, formatter: (v: number) => (Math.abs(v) >= 10000 ? `${v / 1000}k` : String(v)) },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
    axisPointer: { show: false },
  }
}

/** A wall-clock number as "11-21 08:05". */
export function wallText(wall: number): string {
  return new Date(wall).toISOString().slice(5, 16).replace('T', ' ')
}

export interface TipRow { name: string; text: string; colour: string }

function tooltipOf(model: ChartModel, theme: ChartTheme, render: (time: string, rows: TipRow[]) => HTMLElement): object {
  const digits = new Map(model.tracks.flatMap((t) => (t.kind === 'line' ? [[t.id, t] as const] : [])))
  const rowOf = (p: TipParam): TipRow => {
    const track = digits.get(p.seriesId.split(':')[0] ?? '')
    if (!track) return { name: p.seriesName, text: p.name, colour: p.color }
    const flag = p.value[2] && p.value[2] !== 'N' ? ` ${p.value[2]}` : ''
    return { name: p.seriesName, text: `${formatValue(p.value[1], track.decimals)} ${track.unit}${flag}`, colour: p.color }
  }
  return {
    trigger: 'axis',
    confine: true,
    backgroundColor: theme.surface,
    borderColor: theme.line,
    axisPointer: { type: 'line' },
    formatter: (params: TipParam[]) => render(wallText(params[0]?.value[0] ?? 0), params.map(rowOf)),
  }
}
interface TipParam { seriesId: string; seriesName: string; name: string; color: string; value: [number, number | null, string | null] }

function gridOf(box: Box): object {
  return { left: LEFT, right: RIGHT, top: box.top, height: box.height, outerBoundsMode: 'none' }
}

function slider(axes: number[], theme: ChartTheme): object {
  return {
    type: 'slider', xAxisIndex: axes, filterMode: 'none', height: 18, bottom: 4, left: LEFT, right: RIGHT,
    brushSelect: false, showDataShadow: false, showDetail: true, labelFormatter: (v: number) => wallText(v),
    borderColor: theme.line, fillerColor: theme.alpha(theme.tone.pollutant, 0.1), textStyle: { color: theme.muted, fontSize: 11 },
    handleStyle: { color: theme.surface, borderColor: theme.muted }, moveHandleStyle: { color: theme.muted, opacity: 0.3 }, moveHandleSize: 4,
  }
}

export interface OptionContext { theme: ChartTheme; phone: boolean; tip: (time: string, rows: TipRow[]) => HTMLElement }

export function buildOption(model: ChartModel, { theme, phone, tip }: OptionContext): EChartsCoreOption {
  const { boxes } = layout(model.tracks, phone)
  const all = model.tracks.map((_, i) => i)
  return {
    useUTC: true, // the axis is fed Beijing wall time
    animation: false,
    textStyle: { fontFamily: theme.font },
    legend: { show: false },
    title: model.tracks.map((track, i) => ({
      text: titleOf(track), left: 0, top: boxes[i]!.top - 20, padding: 0, textStyle: { fontSize: 12, fontWeight: 500, color: theme.text },
    })),
    grid: boxes.map(gridOf),
    xAxis: all.map((i) => xAxis(i, i === all.length - 1, model, theme)),
    yAxis: model.tracks.map((track, i) => yAxis(track, i, theme)),
    axisPointer: { link: [{ xAxisIndex: 'all' }], lineStyle: { color: theme.muted } },
    tooltip: tooltipOf(model, theme, tip),
    dataZoom: [
      { type: 'inside', xAxisIndex: all, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false },
      slider(all, theme),
    ],
    series: model.tracks.flatMap((track, i) => seriesOf(track, i, model, theme)),
  }
}
