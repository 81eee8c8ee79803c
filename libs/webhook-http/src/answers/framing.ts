/** How the end of an answer's body is determined. */
export type Framing =
  /** The answer has no body. `claimsBody`: its headers announce one, so stray bytes may follow. */
  | { readonly kind: 'none'; readonly claimsBody: boolean }
  | { readonly kind: 'length'; readonly bytes: number }
  /** `isAmbiguous`: the headers also name a length. The chunks determine the end, and no further answer is read from the connection. */
  | { readonly kind: 'chunked'; readonly isAmbiguous: boolean }
  | { readonly kind: 'untilClose' }
  /** The lengths differ or are not numbers, so the end of the answer is unknown. */
  | { readonly kind: 'invalid' }

/**
 * Determines where the body of the final answer to a POST ends (RFC 9112, 6.3):
 *
 * - 204 and 304 end with the headers, whatever these claim.
 * - 101 ends with the headers, because the receiver stops using HTTP.
 * - Chunks override a length.
 * - A body with an unknown coding lasts until the connection ends.
 * - Several equal lengths count as one.
 */
export function framingOf(
  status: number,
  transferEncoding: string | undefined,
  contentLength: string | undefined,
): Framing {
  // `identity` predates RFC 7230 and means no encoding.
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

/** Returns the members of a comma-separated list in lower case, without empty ones. */
export function listOf(value: string): string[] {
  return value
    .split(',')
    .map((member) => trimBlanks(member).toLowerCase())
    .filter((member) => member !== '')
}

/**
 * Removes leading and trailing HTTP blanks. `trim` would also remove other characters, such as a byte of a UTF-8 letter, and a regular
 * expression would take quadratic time.
 */
export function trimBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
