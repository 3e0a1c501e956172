/** What the signed-in person may do with an object, as the server says: `actions[]` with the conditions that are not met. */
import type { ActionState } from '@/api/types'

export function actionOf(actions: readonly ActionState[], name: string): ActionState | undefined {
  return actions.find((row) => row.action === name)
}

export function may(actions: readonly ActionState[], name: string): boolean {
  return actionOf(actions, name)?.allowed ?? false
}

export interface Blocked { names: string[]; unmet: string[] }

/** Refused actions with the same reasons are told once; a wrong state is the same story for all of them. */
export function blocked(actions: readonly ActionState[], label: (name: string) => string): Blocked[] {
  const groups = new Map<string, Blocked>()
  for (const row of actions) {
    if (row.allowed) continue
    const key = row.unmet.join('|').replaceAll(row.text ?? '\u0000', '')
    const group = groups.get(key)
    if (group) group.names.push(label(row.action))
    else groups.set(key, { names: [label(row.action)], unmet: row.unmet })
  }
  return [...groups.values()]
}
