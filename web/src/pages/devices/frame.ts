/** Control characters made visible, so that a broken frame can be read: CR → ␍, LF → ␊, others as \xNN. */
export function visibleBytes(raw: string): string {
  return raw.replace(/[\u0000-\u001f\u007f]/g, (char) => {
    if (char === '\r') return '␍'
    if (char === '\n') return '␊'
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
