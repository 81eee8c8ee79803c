/** Maximum body bytes, and maximum header characters, kept for the delivery log. */
const MAX_KEPT_BYTES = 4 * 1024

/** Keeps the beginning of a body. */
export class KeptBody {
  private readonly parts: Buffer[] = []
  private bytes = 0

  keep(part: Buffer): void {
    if (this.bytes >= MAX_KEPT_BYTES || part.length === 0) return
    const kept = part.subarray(0, MAX_KEPT_BYTES - this.bytes)
    // A copy, because the part is a view that would keep the whole read buffer in memory.
    this.parts.push(Buffer.from(kept))
    this.bytes += kept.length
  }

  text(): string {
    return this.bytes === 0 ? '' : textOf(Buffer.concat(this.parts))
  }
}

/** Returns the first 4 KiB of headers. `Object.fromEntries` defines every name as a plain member, even `__proto__`. */
export function keptHeaders(headers: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const kept: [string, string][] = []
  let size = 0
  for (const [name, latin1] of headers) {
    const value = BEYOND_ASCII.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1
    size += name.length + value.length
    if (size > MAX_KEPT_BYTES) break
    kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

const BEYOND_ASCII = /[\x80-\xff]/

/** Decodes UTF-8. Invalid bytes become U+FFFD, and so does NUL, which Postgres text cannot hold. The result is at most 4 KiB as UTF-8. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8').replaceAll('\0', '\ufffd')
  const encoded = Buffer.from(text, 'utf8')
  if (encoded.length <= MAX_KEPT_BYTES) return text
  // A character that was cut in two decodes to U+FFFD, which may be longer than the cut bytes. If it exceeds the limit, it is left out.
  let end = MAX_KEPT_BYTES
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return encoded.toString('utf8', 0, end)
}
