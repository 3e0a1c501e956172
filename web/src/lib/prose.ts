/** A text of the catalogue as one paragraph: its line breaks are the file's, not the author's. */
export function flow(text: string): string {
  return text.trim().replace(/([\u3000-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])/g, '$1').replace(/\s*\n\s*/g, ' ')
}
