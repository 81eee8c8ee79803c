import { createHash, hash, type Hash } from 'node:crypto'
import type { JsonValue } from '@hooklane/contracts/public'

/** Maximum characters of one piece of text. Too low: many calls. Too high: an escaped piece is longer than a string may be. */
const PIECE_CHARACTERS = 1024 * 1024

/**
 * Canonical JSON of RFC 8785: members ordered by the UTF-16 code units of their names, no white space, numbers and strings as JavaScript
 * prints them. A lone surrogate, which the RFC refuses, is written as its escape. The recursion is safe, because the depth of captured
 * values is bounded.
 */
export function canonicalJson(value: JsonValue): string {
  let text = ''
  writeCanonical(value, (piece) => (text += piece))
  return text
}

/** `sha-256:` and the lower-case hexadecimal SHA-256 of the canonical JSON in UTF-8, however long that is. */
export function stateHash(data: JsonValue): string {
  const digest = new PiecewiseDigest()
  writeCanonical(data, (piece) => digest.add(piece))
  return `sha-256:${digest.hex()}`
}

/** SHA-256 of a text that comes in pieces and may be longer than a string may be. A short text is hashed in one call, which is faster. */
class PiecewiseDigest {
  private text = ''
  private long: Hash | null = null

  add(piece: string): void {
    this.text += piece
    if (this.text.length <= PIECE_CHARACTERS) return
    this.long ??= createHash('sha256')
    this.long.update(this.text)
    this.text = ''
  }

  hex(): string {
    return this.long === null ? hash('sha256', this.text, 'hex') : this.long.update(this.text).digest('hex')
  }
}

function writeCanonical(value: JsonValue, write: (piece: string) => void): void {
  if (typeof value === 'string') return writeText(value, write)
  if (typeof value !== 'object' || value === null) return write(JSON.stringify(value))
  if (Array.isArray(value)) {
    write('[')
    for (const [at, element] of value.entries()) {
      if (at > 0) write(',')
      writeCanonical(element, write)
    }
    return write(']')
  }
  write('{')
  for (const [at, name] of Object.keys(value).sort().entries()) {
    write(`${at > 0 ? ',' : ''}${JSON.stringify(name)}:`)
    writeCanonical(value[name] ?? null, write)
  }
  write('}')
}

/** Writes a string in pieces that never split a surrogate pair, because each half alone would be written as an escape. */
function writeText(text: string, write: (piece: string) => void): void {
  if (text.length <= PIECE_CHARACTERS) return write(JSON.stringify(text))
  write('"')
  for (let from = 0, to: number; from < text.length; from = to) {
    to = from + PIECE_CHARACTERS
    const last = text.charCodeAt(to - 1)
    if (last >= 0xd800 && last <= 0xdbff) to++
    write(JSON.stringify(text.slice(from, to)).slice(1, -1))
  }
  write('"')
}
