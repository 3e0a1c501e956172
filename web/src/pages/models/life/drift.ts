/** Findings by level as bars, precision as a line that breaks where nothing was judged. */
import type { EvaluationMonth } from '@/api/types'
import type { EChartsCoreOption } from '@/charts/echarts'
import { tipElement } from '@/charts/tip'
import { token } from '@/design/tokens'

export interface DriftWords { level: (level: string) => string; precision: string }
interface TipParam { seriesName: string; name: string; value: number | null; color: string; seriesType: string }
const LEVELS = ['3', '2', '1'] as const

export function precisionLine(months: readonly EvaluationMonth[]): (number | null)[] {
  return months.map((row) => (row.value === null ? null : Math.round(row.value * 100)))
}

function tip(rows: TipParam[]): HTMLElement {
  const said = rows.filter((row) => row.value !== null && row.value !== undefined)
  return tipElement(rows[0]?.name ?? '', said.map((row) => ({ name: row.seriesName, text: row.seriesType === 'line' ? `${row.value} %` : String(row.value), colour: row.color })))
}

export function driftOption(months: readonly EvaluationMonth[], words: DriftWords): EChartsCoreOption {
  const label = { color: token('text-3'), fontSize: 11 }
  const line = { lineStyle: { color: token('line') } }
  return {
    animation: false,
    textStyle: { fontFamily: token('font') },
    grid: { left: 34, right: 40, top: 26, bottom: 22 },
    legend: { top: 0, right: 0, itemWidth: 10, itemHeight: 8, textStyle: label },
    tooltip: { trigger: 'axis', confine: true, backgroundColor: token('surface'), borderColor: token('line'), formatter: tip },
    xAxis: { type: 'category', data: months.map((row) => row.month), axisLabel: { ...label, hideOverlap: true }, axisTick: { show: false }, axisLine: line },
    yAxis: [
      { type: 'value', minInterval: 1, splitNumber: 3, axisLabel: label, splitLine: line },
      { type: 'value', min: 0, max: 100, splitNumber: 2, axisLabel: { ...label, formatter: '{value} %' }, splitLine: { show: false } },
    ],
    series: [
      ...LEVELS.map((level) => ({ type: 'bar', stack: 'all', name: words.level(level), barCategoryGap: '35%', data: months.map((row) => row.findings[level]), itemStyle: { color: token(`level-${level}`) } })),
      { type: 'line', yAxisIndex: 1, name: words.precision, data: precisionLine(months), symbolSize: 6, lineStyle: { color: token('chart-2') }, itemStyle: { color: token('chart-2') } },
    ],
  }
}
