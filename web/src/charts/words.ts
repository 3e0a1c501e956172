import type { ChartWords } from './fromCurve'

/** The words a curve needs, in the language shown. */
export function chartWords(t: (key: string) => string): ChartWords {
  return { value: t('common.chart.value'), reference: t('common.chart.reference'), limit: t('common.chart.limit'), doors: t('common.chart.doors') }
}
