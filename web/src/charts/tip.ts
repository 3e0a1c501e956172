/** Tooltip as DOM nodes: texts come from the outside and must never be read as HTML. */
import type { TipRow } from './option'

function cell(tag: string, text: string, className = ''): HTMLElement {
  const el = document.createElement(tag)
  el.textContent = text
  el.className = className
  return el
}

export function tipElement(time: string, rows: TipRow[]): HTMLElement {
  const box = cell('div', '', 'yj-tip')
  box.append(cell('div', time, 'yj-tip-time'))
  for (const row of rows) {
    const line = cell('div', '', 'yj-tip-row')
    const dot = cell('i', '')
    dot.style.background = row.colour
    line.append(dot, cell('span', row.name), cell('b', row.text))
    box.append(line)
  }
  return box
}
