/** Keep a form in this browser while it is written; `clear` when the server has it. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { dropDraft, loadDraft, saveDraft } from './store'

export interface Draft { restored: Ref<boolean>; ready: Promise<void>; clear: () => Promise<void> }

export function useDraft<T extends object>(key: string, form: T, wait = 300): Draft {
  const restored = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  async function restore(): Promise<void> {
    const draft = await loadDraft<Partial<T>>(key)
    if (draft) Object.assign(form, draft.form)
    restored.value = draft !== null
    watch(form, () => {
      clearTimeout(timer)
      if (!closed) timer = setTimeout(() => void saveDraft(key, form, false), wait)
    }, { deep: true, flush: 'sync' })
  }
  async function clear(): Promise<void> {
    closed = true
    clearTimeout(timer)
    await dropDraft(key)
    restored.value = false
  }
  const leave = (): void => {
    if (timer && !closed) void saveDraft(key, form, false)
  }
  window.addEventListener('pagehide', leave)
  onScopeDispose(() => {
    window.removeEventListener('pagehide', leave)
    clearTimeout(timer)
    leave()
  })
  return { restored, ready: restore(), clear }
}
