/** The form of one visit: typed here, kept in the browser at once, sent when there is a network. */
import { computed, onScopeDispose, reactive, ref, shallowRef, watch, type Ref } from 'vue'
import { api } from '@/api/client'
import { asApiError, type ApiError } from '@/api/errors'
import type { OrderDetail } from '@/api/types'
import { loadDraft, saveDraft } from '@/drafts/store'
import { bodyOf, mergeDraft, serverForm, type FormDraft } from './form'

export type SyncState = 'saved' | 'typing' | 'sending' | 'local' | 'error'
const KEEP_MS = 200
const SEND_MS = 1200
const RETRY_MS = 15_000

export interface Inspection {
  form: FormDraft
  sync: Ref<SyncState>
  error: Ref<ApiError | null>
  ready: Promise<void>
  /** Send what is unsent now; throws what the server or the network says. */
  flush: () => Promise<void>
}

export function useInspection(order: OrderDetail, key: string, writable: Ref<boolean>): Inspection {
  const form = reactive(serverForm(order)) as FormDraft
  const unsent = ref(false)
  const sending = ref(false)
  const error = shallowRef<ApiError | null>(null)
  let revision = order.inspection?.revision ?? null // of the form this one was made from
  let changes = 0
  let running: Promise<void> | null = null
  let keeping: ReturnType<typeof setTimeout> | undefined
  let waiting: ReturnType<typeof setTimeout> | undefined

  const sync = computed<SyncState>(() => {
    if (sending.value) return 'sending'
    if (error.value) return error.value.status === 0 ? 'local' : 'error'
    return unsent.value ? 'typing' : 'saved'
  })

  async function restore(): Promise<void> {
    const draft = await loadDraft<FormDraft & { revision?: number | null }>(key)
    if (draft && !draft.sent && draft.form.revision !== undefined) revision = draft.form.revision
    Object.assign(form, mergeDraft(order, draft))
    unsent.value = draft !== null && !draft.sent
    watch(form, changed, { deep: true, flush: 'sync' })
    if (unsent.value) schedule(0)
  }
  const keep = (): Promise<void> => saveDraft(key, { ...form, revision }, !unsent.value)

  function changed(): void {
    changes += 1
    unsent.value = true
    clearTimeout(keeping)
    keeping = setTimeout(() => void keep(), KEEP_MS)
    schedule(SEND_MS)
  }
  function schedule(ms: number): void {
    clearTimeout(waiting)
    waiting = setTimeout(() => void flush().catch(() => undefined), ms) // the outcome is shown by `sync`
  }

  async function send(): Promise<void> {
    const sentAt = changes
    sending.value = true
    try {
      const saved = await api.put<OrderDetail>(`/orders/${order.id}/inspection`, { ...bodyOf(form), revision })
      revision = saved.inspection?.revision ?? null
      error.value = null
      if (sentAt === changes) unsent.value = false
      await keep()
    } catch (thrown) {
      error.value = asApiError(thrown)
      if (error.value.status === 0) schedule(RETRY_MS)
      // Said once; what is typed after that was typed knowing it.
      if (error.value.code === 'inspection.stale') revision = Number(error.value.details.revision)
      throw error.value
    } finally {
      sending.value = false
    }
    if (unsent.value) schedule(0)
  }
  async function flush(): Promise<void> {
    await running?.catch(() => undefined)
    if (!unsent.value || !writable.value) return
    clearTimeout(waiting)
    running = send().finally(() => { running = null })
    await running
  }

  const online = (): void => schedule(0)
  const leave = (): void => void keep()
  window.addEventListener('online', online)
  window.addEventListener('pagehide', leave)
  onScopeDispose(() => {
    window.removeEventListener('online', online)
    window.removeEventListener('pagehide', leave)
    clearTimeout(waiting)
    if (unsent.value) void keep()
  })
  return { form, sync, error, ready: restore(), flush }
}
