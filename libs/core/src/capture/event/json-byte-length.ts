const MAY_NEED_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

/**
 * Bytes that a value takes as JSON in UTF-8: the length of what `JSON.stringify` prints, without printing it. Text of control characters
 * becomes six times as long, which can be more than a string may hold. Recursive: the depth of captured values is bounded.
 */
export function jsonByteLength(value: unknown): number {
  if (typeof value === 'string') return textBytes(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).length
  return Array.isArray(value) ? arrayBytes(value, jsonByteLength) : objectBytes(value, jsonByteLength)
}

/** Measures values that share parts: each array and each object is measured once. */
export class JsonSizes {
  private readonly known = new Map<object, number>()

  /** See `jsonByteLength`. */
  readonly of = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return jsonByteLength(value)
    let bytes = this.known.get(value)
    if (bytes === undefined) {
      bytes = Array.isArray(value) ? arrayBytes(value, this.of) : objectBytes(value, this.of)
      this.known.set(value, bytes)
    }
    return bytes
  }
}

/** Bytes of the brackets, and of a comma between each two parts. */
const punctuation = (parts: number): number => 2 + Math.max(0, parts - 1)

function arrayBytes(array: readonly unknown[], sizeOf: (value: unknown) => number): number {
  return array.reduce((bytes: number, element) => bytes + sizeOf(element), punctuation(array.length))
}

function objectBytes(object: object, sizeOf: (value: unknown) => number): number {
  let parts = 0
  let bytes = 0
  for (const [name, member] of Object.entries(object) as [string, unknown][]) {
    if (member === undefined) continue
    parts++
    bytes += textBytes(name) + 1 + sizeOf(member)
  }
  return bytes + punctuation(parts)
}

function textBytes(text: string): number {
  if (!MAY_NEED_ESCAPE.test(text)) return Buffer.byteLength(text) + 2
  let bytes = 2
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) bytes += asciiBytes(code)
    else if (code < 0x800) bytes += 2
    else if (code < 0xd800 || code > 0xdfff) bytes += 3
    else if (isPair(code, text.charCodeAt(at + 1))) {
      bytes += 4
      at++
    } else bytes += 6
  }
  return bytes
}

/** `\"`, `\\`, `\b`, `\t`, `\n`, `\f`, `\r`; other control characters are `\u00…`. */
function asciiBytes(code: number): number {
  if (code === 0x22 || code === 0x5c) return 2
  if (code >= 0x20) return 1
  return (code >= 0x08 && code <= 0x0a) || code === 0x0c || code === 0x0d ? 2 : 6
}

/** A pair takes four bytes; half of one alone is written as its escape. */
const isPair = (high: number, low: number): boolean => high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff
