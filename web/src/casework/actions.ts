/** What the signed-in person may do with an object, as the server says: `actions[]` with the conditions that are not met. */
import type { ActionState } from '@/api/types'

export function actionOf(actions: readonly ActionState[], name: string): ActionState | undefined {
  return actions.find((row) => row.action === name)
}

export function may(actions: readonly ActionState[], name: string): boolean {
  return actionOf(actions, name)?.allowed ?? false
}

export interface Blocked { names: string[]; unmet: string[] }

/** The reason without "，不能派发" at its end: the names of the actions stand before it already. */
function reason(text: string, action: string | undefined): string {
  const tail = `，不能${action ?? ''}`
  return action && text.endsWith(tail) ? text.slice(0, -tail.length) : text
}

/** Refused actions with the same reasons are told once; a wrong state is the same story for all of them. */
export function blocked(actions: readonly ActionState[], label: (name: string) => string, english = false): Blocked[] {
  const groups = new Map<string, Blocked>()
  for (const row of actions) {
    if (row.allowed) continue
    const unmet = english ? row.unmet_en : row.unmet.map((text) => reason(text, row.text))
    const group = groups.get(unmet.join('|'))
    if (group) group.names.push(label(row.action))
    else groups.set(unmet.join('|'), { names: [label(row.action)], unmet })
  }
  return [...groups.values()]
}
