/** The form of the builder: what it starts with, what a condition brings along, what is missing where. */
import type { Builder, BuilderBlock, BuilderForm, BuilderParam, DataKind, Problem, Reading } from '@/api/types.builder'
import type { Factor } from '@/api/types'

export const DATA: readonly DataKind[] = ['hour', 'day', 'power']
export const LEVELS = ['3', '2', '1'] as const
export const EVERY_FACTOR = '*'

export function emptyForm(offer: Pick<Builder, 'region'>): BuilderForm {
  return {
    block: '', medium: 'gas', subject: '', factors: [], params: {}, excludes: [], levels: {}, every: false, clear_after: 3, category: '',
    title: '', title_en: '', purpose: '', basis: [], check_on_site: [], false_positives: [], region: offer.region, industry: '',
  }
}

export const blockOf = (offer: Builder, form: Pick<BuilderForm, 'block'>): BuilderBlock | undefined => offer.blocks.find((row) => row.name === form.block)

/** Conditions for the kind of data and the medium. */
export function blocksFor(offer: Builder, data: DataKind, medium: string): BuilderBlock[] {
  return offer.blocks.filter((row) => row.data === data && row.media.includes(medium))
}

/** A condition with what it suggests; the words a person has written stay. */
export function withBlock(form: BuilderForm, block: BuilderBlock, bases: Builder['bases']): BuilderForm {
  const now = new Set(bases.filter((row) => row.now).map((row) => row.name))
  return {
    ...form,
    block: block.name,
    subject: block.subject[0]?.value ?? '',
    factors: takesFactors(block) ? form.factors.filter((code) => code !== EVERY_FACTOR || block.every_factor) : [],
    params: Object.fromEntries(block.params.map((param) => [param.name, form.params[param.name] ?? param.default])),
    excludes: [...block.suggested],
    levels: structuredClone(block.levels),
    every: false,
    clear_after: block.clear_after,
    category: block.category,
    basis: block.basis.filter((name) => now.has(name)),
  }
}

export const takesFactors = (block: BuilderBlock): boolean => block.subject[0]?.value === 'factor'

/** The unit the chosen factors share. */
export function unitOf(form: Pick<BuilderForm, 'factors'>, factors: readonly Factor[]): string {
  const units = new Set(factors.filter((row) => form.factors.includes(row.code)).map((row) => row.unit))
  return units.size === 1 ? [...units][0]! : ''
}

export const paramUnit = (param: BuilderParam, unit: string): string => (param.unit === 'factor' ? unit : param.unit)

/** One line, one item. */
export const toLines = (text: string): string[] => text.split('\n')
export const fromLines = (lines: readonly string[]): string => lines.join('\n')

export function problemAt(reading: Reading | null, field: string): Problem | undefined {
  return reading?.problems.find((row) => row.field === field)
}

/** A number in the table of levels: an empty cell is not asked for. */
export function withNumber(form: BuilderForm, level: (typeof LEVELS)[number], name: string, value: number | null | undefined): BuilderForm['levels'] {
  const numbers = { ...form.levels[level] }
  if (value === null || value === undefined) delete numbers[name]
  else numbers[name] = value
  return { ...form.levels, [level]: numbers }
}

export const sameForm = (one: BuilderForm, other: BuilderForm): boolean => JSON.stringify(one) === JSON.stringify(other)
