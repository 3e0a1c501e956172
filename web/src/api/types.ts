/** Shapes of the HTTP API, by hand from the interface contract; kept apart by area. */
export type Iso = string
export type LevelValue = 1 | 2 | 3
export type PerLevel<T> = Record<'1' | '2' | '3', T>
export interface Page<T> { items: T[]; total: number }
export interface Ref { id: number; name: string }

export * from './types.session'
export * from './types.monitoring'
export * from './types.devices'
export * from './types.casework'
export * from './types.models'
export * from './types.records'
export * from './types.limits'
