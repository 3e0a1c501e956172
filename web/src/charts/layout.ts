/** Heights of stacked tracks in pixels. */
import type { Track } from './model'

export interface Box { top: number; height: number }
const TITLE = 24
const AXIS = 24
const SLIDER = 34

function weight(track: Track, phone: boolean): number {
  if (track.kind === 'events') return 26
  const tall = track.tone === 'pollutant'
  if (phone) return tall ? 130 : 62
  return tall ? 150 : 72
}

/** Boxes of the tracks from top to bottom and the height of the whole chart; a lone track gets more room. */
export function layout(tracks: Track[], phone: boolean): { boxes: Box[]; height: number } {
  const stretch = tracks.length === 1 ? 1.7 : 1
  const boxes: Box[] = []
  let top = 0
  for (const track of tracks) {
    const height = Math.round(weight(track, phone) * stretch)
    boxes.push({ top: top + TITLE, height })
    top += TITLE + height + 6
  }
  return { boxes, height: top + AXIS + SLIDER }
}
