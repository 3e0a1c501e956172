/** Kinds of records and names of factors, and the words to show a record with. */
import { computed } from 'vue'
import { api } from '@/api/client'
import type { RecordKind } from '@/api/types'
import { useAsync } from '@/composables/useAsync'
import { useText } from '@/composables/useText'
import type { Words } from './values'

export interface FactorName { code: string; name: string; name_en: string }

export function useKinds() {
  const { t, pick } = useText()
  const kinds = useAsync((signal) => api.get<RecordKind[]>('/record-kinds', {}, signal))
  const factors = useAsync((signal) => api.get<FactorName[]>('/factors', {}, signal))
  const names = computed(() => new Map((factors.data.value ?? []).map((row) => [row.code, row])))
  const words = computed<Words>(() => ({
    pick,
    yes: t('records.yes'),
    no: t('records.no'),
    factor: (code) => {
      const known = names.value.get(code)
      return known ? pick(known.name, known.name_en) : code
    },
  }))
  return { kinds, factors, words }
}
