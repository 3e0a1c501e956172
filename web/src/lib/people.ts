/** What the server calls the platform itself. */
export const SYSTEM = '系统'

/** A person arrives as a name or as {id, name}; nobody means the system itself. */
export function personName(person: string | { name: string } | null | undefined): string {
  if (!person) return ''
  return typeof person === 'string' ? person : person.name
}
