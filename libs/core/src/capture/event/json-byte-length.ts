const MAY_NEED_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

/**
 * Number of bytes that a value takes as JSON in UTF-8, as `JSON.stringify` would print it. The JSON is not printed, because control
 * characters become six times as long, which can exceed the maximum length of a string. The recursion is safe, because the depth of
 * captured values is bounded.
 */
export function jsonByteLength(value: unknown): number {
  if (typeof value === 'string') return textBytes(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).length
  return Array.isArray(value) ? arrayBytes(value, jsonByteLength) : objectBytes(value, jsonByteLength)
}

/** Measures several values. An array or object that occurs in more than one of them is measured only once. */
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

/** Bytes of the two brackets and of the commas between the parts. */
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

/**
 * Bytes of an ASCII character in a JSON string: two for `\"`, `\\`, `\b`, `\t`, `\n`, `\f` and `\r`, six for other control characters
 * (`\u00…`).
 */
function asciiBytes(code: number): number {
  if (code === 0x22 || code === 0x5c) return 2
  if (code >= 0x20) return 1
  return (code >= 0x08 && code <= 0x0a) || code === 0x0c || code === 0x0d ? 2 : 6
}

/** Whether two code units are a surrogate pair, which takes four bytes. A lone surrogate is written as an escape of six bytes. */
const isPair = (high: number, low: number): boolean => high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff
