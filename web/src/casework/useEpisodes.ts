/** The exact hours a clue speaks of, for a chart that stands beside something that followed from it. */
import { computed, type ComputedRef } from 'vue'
import { api } from '@/api/client'
import type { ClueDetail } from '@/api/types'
import { episodesOf } from '@/charts/fromCurve'
import type { Episode } from '@/charts/model'
import { useAsync } from '@/composables/useAsync'
import { episodeSources } from '@/pages/clues/findings'

export function useEpisodes(clueId: number | null): ComputedRef<Episode[]> {
  const clue = useAsync((signal) => api.get<ClueDetail>(`/clues/${clueId}`, {}, signal), { immediate: clueId !== null })
  return computed(() => episodesOf(episodeSources(clue.data.value?.findings ?? [])))
}
