/** How districts and enterprises look on the map; the same shapes as the level signs elsewhere. */
import { Circle, Fill, RegularShape, Stroke, Style, Text } from 'ol/style'
import type ImageStyle from 'ol/style/Image'
import { isLevel, LEVEL_SHAPE, token, withAlpha, type Level } from '@/design/tokens'

export interface MapTheme {
  text: string
  halo: string
  line: string
  land: string
  level: Record<Level | 0, string>
  ink: string
}

export function mapTheme(): MapTheme {
  return {
    text: token('text-2'),
    halo: token('surface'),
    line: token('line-strong'),
    land: token('surface-2'),
    level: { 0: token('level-0'), 1: token('level-1'), 2: token('level-2'), 3: token('level-3') },
    ink: token('text'),
  }
}

export function levelOf(value: unknown): Level | 0 {
  return isLevel(value) ? value : 0
}

export function districtStyle(name: string, level: Level | 0, theme: MapTheme, labelled: boolean): Style {
  return new Style({
    fill: new Fill({ color: level ? withAlpha(theme.level[level], level === 1 ? 0.3 : 0.24) : theme.land }),
    stroke: new Stroke({ color: theme.line, width: 1 }),
    text: labelled
      ? new Text({ text: name, font: '12px sans-serif', fill: new Fill({ color: theme.text }), stroke: new Stroke({ color: theme.halo, width: 3 }) })
      : undefined,
  })
}

export function boundaryStyle(theme: MapTheme): Style {
  return new Style({ stroke: new Stroke({ color: theme.ink, width: 1.4 }) })
}

function image(level: Level | 0, theme: MapTheme, big: boolean): ImageStyle {
  const fill = new Fill({ color: theme.level[level] })
  const stroke = new Stroke({ color: theme.halo, width: 1.4 })
  const grow = big ? 2.5 : 0
  const shape = LEVEL_SHAPE[level]
  if (shape === 'square') return new RegularShape({ points: 4, radius: 8.5 + grow, angle: Math.PI / 4, fill, stroke })
  if (shape === 'diamond') return new RegularShape({ points: 4, radius: 7.5 + grow, fill, stroke })
  return new Circle({ radius: (level ? 5.5 : 3.5) + grow, fill, stroke })
}

const cache = new Map<string, Style>()
/** Severe ones are drawn over the others. */
export function enterpriseStyle(level: Level | 0, theme: MapTheme, big = false): Style {
  const key = `${level}${big}${theme.halo}`
  const found = cache.get(key) ?? new Style({ image: image(level, theme, big), zIndex: level ? 10 - level : 1 })
  cache.set(key, found)
  return found
}
