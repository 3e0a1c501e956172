import type { OrderPage, OrderState } from '@/api/types'

/** States in the order of the work; a board reads from left to right. */
export const ORDER_STATES: readonly OrderState[] = ['draft', 'dispatched', 'accepted', 'on_site', 'submitted', 'rectifying', 'closed']
export const UNFINISHED = ORDER_STATES.filter((state) => state !== 'closed').join(',')

export interface OrderFilters { state: string; mine: boolean; overdue: boolean }

/** How many orders a chip stands for; a comma list is a group of states. */
export function orderCount(counts: OrderPage['counts'], states: string): number {
  const wanted = states ? states.split(',') : ORDER_STATES
  return wanted.reduce((sum, state) => sum + (counts[state as OrderState] ?? 0), 0)
}

export function ordersFromQuery(query: Record<string, unknown>): OrderFilters {
  return {
    state: typeof query.state === 'string' ? query.state : UNFINISHED,
    mine: query.mine === 'true',
    overdue: query.overdue === 'true',
  }
}

export function ordersToQuery({ state, mine, overdue }: OrderFilters): Record<string, string> {
  return { ...(state === UNFINISHED ? {} : { state }), ...(mine ? { mine: 'true' } : {}), ...(overdue ? { overdue: 'true' } : {}) }
}
