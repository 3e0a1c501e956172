import { onScopeDispose, ref, type Ref } from 'vue'

/** Whether a media query matches now, e.g. `useMedia('(max-width: 720px)')`. */
export function useMedia(query: string): Ref<boolean> {
  const list = matchMedia(query)
  const matches = ref(list.matches)
  const update = (): void => { matches.value = list.matches }
  list.addEventListener('change', update)
  onScopeDispose(() => list.removeEventListener('change', update))
  return matches
}

export const PHONE = '(max-width: 720px)'
export function usePhone(): Ref<boolean> {
  return useMedia(PHONE)
}
