/** One version being built: the form, how it reads back, saving, and what may follow. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api } from '@/api/client'
import { asApiError, type ApiError } from '@/api/errors'
import type { Builder, BuilderForm, OwnDetail, Reading } from '@/api/types.builder'
import { emptyForm, sameForm } from './form'

const WAIT_MS = 400

export function useBuilder(offer: Builder, start: OwnDetail | null) {
  const row = shallowRef<OwnDetail | null>(start)
  const form = ref<BuilderForm>(start ? structuredClone(start.form) : emptyForm(offer))
  const saved = shallowRef<BuilderForm>(structuredClone(start ? start.form : emptyForm(offer)))
  const reading = shallowRef<Reading | null>(start?.reading ?? null)
  const error = shallowRef<ApiError | null>(null)
  const busy = ref('')
  /** problems are told at their fields once somebody tried to go on */
  const strict = ref(Boolean(start))
  const dirty = computed(() => !sameForm(form.value, saved.value))
  const editable = computed(() => row.value === null || (row.value.actions.find((item) => item.action === 'save')?.allowed ?? false))
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = 0

  async function read(): Promise<void> {
    const mine = (asked += 1)
    const answer = await api.post<Reading>('/model-builder/read', form.value).catch(() => null)
    if (answer && mine === asked) reading.value = answer
  }
  watch(form, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void read(), WAIT_MS)
  }, { deep: true })
  onScopeDispose(() => clearTimeout(timer))

  function take(answer: OwnDetail): void {
    row.value = answer
    saved.value = structuredClone(answer.form)
    if (!sameForm(form.value, answer.form)) form.value = structuredClone(answer.form)
    reading.value = answer.reading
  }
  /** Do one thing; what the server refuses is shown and nothing changes. */
  async function doing(name: string, work: () => Promise<unknown>): Promise<boolean> {
    busy.value = name
    error.value = null
    strict.value = true
    try {
      await work()
      return true
    } catch (thrown) {
      error.value = asApiError(thrown)
      return false
    } finally {
      busy.value = ''
    }
  }
  async function put(): Promise<void> {
    const id = row.value?.id
    take(id ? await api.put<OwnDetail>(`/own-models/${id}`, form.value) : await api.post<OwnDetail>('/own-models', form.value))
  }
  const save = (): Promise<boolean> => doing('save', put)
  const reload = async (): Promise<void> => { if (row.value) take(await api.get<OwnDetail>(`/own-models/${row.value.id}`)) }
  const act = (path: string, body: unknown = {}): Promise<boolean> => doing(path, async () => take(await api.post<OwnDetail>(`/own-models/${row.value!.id}/${path}`, body)))

  return { row, form, reading, error, busy, strict, dirty, editable, save, put, reload, act, doing }
}
export type BuilderWork = ReturnType<typeof useBuilder>
