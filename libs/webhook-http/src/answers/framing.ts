/** Where the body of an answer ends. */
export type Framing =
  /** At the headers. `claimsBody`: they say otherwise, so bytes that nobody asked for may follow. */
  | { readonly kind: 'none'; readonly claimsBody: boolean }
  | { readonly kind: 'length'; readonly bytes: number }
  /** `isAmbiguous`: there is a length as well. The chunks count, and no other answer is read from the connection. */
  | { readonly kind: 'chunked'; readonly isAmbiguous: boolean }
  | { readonly kind: 'untilClose' }
  /** Several lengths, or none that is a number: it cannot be told where the answer ends. */
  | { readonly kind: 'invalid' }

/**
 * RFC 9112, 6.3, for the final answer to a POST: 204 and 304 end at the headers whatever they claim, chunks override a length, an unknown coding lasts
 * until the connection ends, equal lengths are one. 101 ends the use of HTTP.
 */
export function framingOf(
  status: number,
  transferEncoding: string | undefined,
  contentLength: string | undefined,
): Framing {
  // Of before RFC 7230: no encoding at all.
  const codings =
    transferEncoding === undefined ? [] : listOf(transferEncoding).filter((coding) => coding !== 'identity')
  if (status === 101 || status === 204 || status === 304) {
    const claimsLength = contentLength !== undefined && contentLength !== '0' && status !== 304
    return { kind: 'none', claimsBody: codings.length > 0 || claimsLength }
  }
  if (codings.length > 0) {
    return isChunked(codings) ? { kind: 'chunked', isAmbiguous: contentLength !== undefined } : { kind: 'untilClose' }
  }
  return contentLength === undefined ? { kind: 'untilClose' } : lengthOf(contentLength)
}

const isChunked = (codings: readonly string[]): boolean => trimBlanks(codings.at(-1)?.split(';')[0] ?? '') === 'chunked'

function lengthOf(contentLength: string): Framing {
  const lengths = contentLength.split(',').map(trimBlanks)
  if (!lengths.every((length) => /^\d+$/.test(length))) return { kind: 'invalid' }
  const bytes = Number(lengths[0])
  return lengths.every((length) => Number(length) === bytes) ? { kind: 'length', bytes } : { kind: 'invalid' }
}

/** The members of a comma-separated list, in lower case; empty ones are left out. */
export function listOf(value: string): string[] {
  return value
    .split(',')
    .map((member) => trimBlanks(member).toLowerCase())
    .filter((member) => member !== '')
}

/** Without the blanks of HTTP around it. `trim` takes more for blank, a byte of a letter in UTF-8 among it; an expression would need a square of time. */
export function trimBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
