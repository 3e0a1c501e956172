import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FOUR_SHAPE, fourColourOf, isLevel, LEVEL_SHAPE, withAlpha } from '@/design/tokens'

const css = readFileSync('src/design/tokens.css', 'utf8')

function tokensOf(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? ''
  return Object.fromEntries([...block.matchAll(/--yj-([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1]!, m[2]!]))
}
const light = tokensOf('\n:root')
const themes = { light, dark: { ...light, ...tokensOf(':root.dark') } }

function luminance(hex: string): number {
  const n = Number.parseInt(hex.slice(1), 16)
  const [r, g, b] = [n >> 16, (n >> 8) & 255, n & 255].map((c) => {
    const s = c / 255
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

describe.each(Object.entries(themes))('tokens of the %s theme', (_name, t) => {
  const text = ['text', 'text-2', 'text-3', 'accent', 'level-1-ink', 'level-2-ink', 'level-3-ink', 'ok', 'warn', 'bad', 'info', 'idle']
  it.each(text)('%s can be read on the surface (WCAG AA)', (name) => {
    expect(contrast(t[name]!, t.surface!)).toBeGreaterThanOrEqual(4.5)
  })
  it.each(['level-1', 'level-2', 'level-3', 'four-blue', 'four-yellow', 'four-orange', 'four-red'])('the letter on %s can be read', (name) => {
    expect(contrast(t[name]!, t[`${name}-on`]!)).toBeGreaterThanOrEqual(4.5)
  })
  it.each(['level-1', 'level-2', 'level-3'])('the ink of %s can be read on its own tint', (name) => {
    expect(contrast(t[`${name}-ink`]!, t[`${name}-tint`]!)).toBeGreaterThanOrEqual(4.5)
  })
  it.each(['ok', 'warn', 'bad', 'info', 'idle'])('a state of tone %s can be read on its pill', (name) => {
    expect(contrast(t[name]!, t[`${name}-tint`]!)).toBeGreaterThanOrEqual(4.5)
  })
  it('levels 1 and 2 differ in lightness, not only in hue', () => {
    expect(contrast(t['level-1']!, t['level-2']!)).toBeGreaterThan(1.8)
  })
})

describe('signs', () => {
  it('give every level and every alarm colour a shape of its own', () => {
    expect(new Set(Object.values(LEVEL_SHAPE)).size).toBe(4)
    expect(new Set(Object.values(FOUR_SHAPE)).size).toBe(4)
  })
  it.each([[0, null], [1, 'blue'], [2, 'blue'], [3, 'yellow'], [6, 'yellow'], [7, 'orange'], [9, 'orange'], [10, 'red'], [30, 'red']])('%i days → %s', (days, colour) => {
    expect(fourColourOf(days)).toBe(colour)
  })
  it('knows what a level is', () => {
    expect([0, 1, 2, 3, 4, null, '1'].map(isLevel)).toEqual([false, true, true, true, false, false, false])
  })
  it('adds an opacity to a colour', () => {
    expect(withAlpha('#b3261e', 0.5)).toBe('rgba(179,38,30,0.5)')
  })
})
