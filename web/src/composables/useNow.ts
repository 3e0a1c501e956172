import { ref, type Ref } from 'vue'

const now = ref(Date.now())
let started = false

/** The current time, one clock for the whole page, advanced every five seconds. */
export function useNow(): Ref<number> {
  if (!started) {
    started = true
    setInterval(() => { now.value = Date.now() }, 5000)
  }
  return now
}
