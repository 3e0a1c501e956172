/** Where a model can go from its present status; the server judges again. */
export const NEXT: Record<string, readonly string[]> = {
  draft: ['trial', 'retired'],
  trial: ['live', 'draft', 'retired'],
  live: ['trial', 'retired'],
  retired: ['draft'],
}
