/**
 * Encodes text for a header value. Space, `"`, `%` and every character outside visible ASCII are percent-encoded as UTF-8 (the rule of the
 * CloudEvents HTTP binding), so a receiver can decode the original text. A lone surrogate becomes U+FFFD.
 */
export function headerSafe(text: string): string {
  return text.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (character) =>
    [...Buffer.from(character, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}
