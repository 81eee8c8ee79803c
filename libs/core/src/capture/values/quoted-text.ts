/**
 * Reads the text in double quotes that begins at `at`. Any character after a backslash stands for itself. Returns null when the closing
 * quote is missing.
 */
export function readQuoted(text: string, at: number): { readonly value: string; readonly end: number } | null {
  let value = ''
  let from = at + 1
  for (let end = from; end < text.length; end++) {
    const character = text[end]
    if (character === '"') return { value: value + text.slice(from, end), end: end + 1 }
    if (character === '\\') {
      value += text.slice(from, end)
      from = ++end
    }
  }
  return null
}
