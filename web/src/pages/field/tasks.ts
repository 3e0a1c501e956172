import type { OrderRow, OrderState } from '@/api/types'

export type GroupName = 'now' | 'new' | 'waiting' | 'closed'
const GROUPS: [GroupName, OrderState[]][] = [
  ['now', ['on_site', 'accepted']],
  ['new', ['dispatched', 'draft']],
  ['waiting', ['rectifying', 'submitted']],
  ['closed', ['closed']],
]

/** Orders by what the officer has to do with them; the server's order (overdue first) is kept within a group. */
export function grouped(orders: readonly OrderRow[]): { name: GroupName; items: OrderRow[] }[] {
  return GROUPS
    .map(([name, states]) => ({ name, items: orders.filter((order) => states.includes(order.state)) }))
    .filter((group) => group.items.length > 0)
}
