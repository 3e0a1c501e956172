/** A dense list without a mouse: `j`/`k` or the arrows move, Enter opens (the row itself), `/` goes to the search field. */
import { onBeforeUnmount, onMounted, type Ref } from 'vue'

const STEP: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Index of the row to go to; -1 when there is none. The first key press enters at the top, the ends hold. */
export function nextRow(count: number, current: number, step: number): number {
  if (!count) return -1
  return current < 0 ? 0 : Math.min(count - 1, Math.max(0, current + step))
}

export function useRowKeys(box: Ref<HTMLElement | undefined>, selector: string, search: () => void): void {
  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('[aria-modal="true"]')) return
    const step = STEP[event.key]
    if (event.key === '/') search()
    else if (step) move(step)
    else return
    event.preventDefault()
  }
  function move(step: number): void {
    const rows = [...(box.value?.querySelectorAll<HTMLElement>(selector) ?? [])]
    rows[nextRow(rows.length, rows.indexOf(document.activeElement as HTMLElement), step)]?.focus()
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}
