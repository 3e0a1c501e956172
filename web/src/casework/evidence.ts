/** Evidence of a clue is frozen again when the clue changes; what was frozen in one go belongs together,
 *  and the same file a second time is another freeze. */
import type { FileRow } from '@/api/types'

export interface Freeze { at: string; files: FileRow[] }
const TOGETHER_MS = 60_000

const sameName = (a: FileRow, b: FileRow): boolean => a.name === b.name

/** Frozen files by freeze, the newest first; what people added stands by itself. */
export function freezes(files: readonly FileRow[]): { frozen: Freeze[]; added: FileRow[] } {
  const isFrozen = (file: FileRow): boolean => file.kind === 'frozen_input' || file.kind === 'raw_frames'
  const groups: Freeze[] = []
  for (const file of files.filter(isFrozen).sort((a, b) => Date.parse(b.received_at) - Date.parse(a.received_at))) {
    const last = groups.at(-1)
    const again = last?.files.some((other) => sameName(other, file))
    if (last && !again && Date.parse(last.at) - Date.parse(file.received_at) <= TOGETHER_MS) last.files.push(file)
    else groups.push({ at: file.received_at, files: [file] })
  }
  return { frozen: groups, added: files.filter((file) => !isFrozen(file)) }
}
