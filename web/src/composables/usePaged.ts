/** A server-paged list with filters: changing a filter goes back to page one. */
import { reactive, ref, watch, type Ref } from 'vue'
import type { Page } from '@/api/types'
import { useAsync, type Async } from './useAsync'

export interface Paged<R extends Page<unknown>, F extends object> extends Async<R> {
  page: Ref<number>
  size: Ref<number>
  filters: F
}

export type PagedQuery<F> = F & { page: number; size: number }

/** `load` gets the filters with page and size; text filters wait 250 ms for the typist. */
export function usePaged<R extends Page<unknown>, F extends object>(
  load: (query: PagedQuery<F>, signal: AbortSignal) => Promise<R>,
  initial: F,
  pageSize = 50,
): Paged<R, F> {
  const filters = reactive({ ...initial }) as F
  const page = ref(1)
  const size = ref(pageSize)
  const source = useAsync<R>((signal) => load({ ...filters, page: page.value, size: size.value }, signal))
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(() => JSON.stringify(filters), () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (page.value !== 1) page.value = 1
      else void source.reload()
    }, 250)
  })
  watch([page, size], () => void source.reload())
  return { ...source, page, size, filters }
}
