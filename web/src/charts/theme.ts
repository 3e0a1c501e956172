/** Colours of the drawn parts, read from the design tokens of the theme now shown. */
import { token, withAlpha } from '@/design/tokens'
import type { Tone } from './model'

export interface ChartTheme {
  /** a canvas cannot inherit a font */
  font: string
  text: string
  muted: string
  line: string
  surface: string
  tone: Record<Tone, string>
  limit: string
  mark: string
  level: (level: number, alpha: number) => string
  alpha: (colour: string, alpha: number) => string
}

export function chartTheme(): ChartTheme {
  return {
    font: token('font'),
    text: token('text'),
    muted: token('text-3'),
    line: token('line'),
    surface: token('surface'),
    tone: {
      pollutant: token('chart-1'),
      aux: token('chart-2'),
      production: token('chart-production'),
      treatment: token('chart-treatment'),
    },
    limit: token('chart-limit'),
    mark: token('chart-mark'),
    level: (level, alpha) => withAlpha(token(`level-${level >= 1 && level <= 3 ? level : 0}`), alpha),
    alpha: withAlpha,
  }
}
