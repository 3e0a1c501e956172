import type { OwnState } from '@/api/types.builder'
import type { Tone } from '@/design/tokens'

/** Tones of the states of a version. */
export const TONE: Record<OwnState, Tone> = { draft: 'idle', review: 'warn', approved: 'ok', discarded: 'idle' }
