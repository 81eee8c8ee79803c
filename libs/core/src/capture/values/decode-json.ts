import type { JsonObject, JsonValue } from '@hooklane/contracts/public'
import { exactNumber } from './decimal.js'

/**
 * Maximum nesting of a JSON column. Deeper JSON stays text: writing it again would need a stack of that depth, and the router quarantines
 * events that nest deeper than 200 levels, so one column would cost the whole event. The 20 levels up to 200 are for arrays of JSON and for
 * the event around the column.
 */
export const MAX_JSON_DEPTH = 180

/**
 * Matches text that may hold a number that `JSON.parse` would change: 16 digits or more, an exponent, a negative zero. A match inside a
 * JSON string only makes reading slower.
 */
const MAY_HOLD_INEXACT_NUMBER = /\d[\d.]{15}|\d[eE][+-]?\d|(?:^|[\s:,[])-0/

/**
 * Reads JSON text without losing a digit: a number that loses digits as a double (see `exactNumber`) becomes a string with its literal. Of
 * members with the same name the last counts, as in Postgres. `__proto__` is an ordinary member. Members keep their order, except that
 * JavaScript puts names that look like array indexes first. Returns `undefined` for text that is no JSON or nests too deeply.
 */
export function parseExactJson(text: string): JsonValue | undefined {
  if (nestsTooDeeply(text)) return undefined
  if (MAY_HOLD_INEXACT_NUMBER.test(text)) return new ExactJsonReader(text).document()
  try {
    return JSON.parse(text) as JsonValue
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function nestsTooDeeply(text: string): boolean {
  if (text.length <= MAX_JSON_DEPTH * 2) return false
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}

const SPACE = /[\t\n\r ]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y

class NoJson extends Error {}

/** Reads RFC 8259 text. The caller has checked the depth of the text, so the recursion is bounded. */
class ExactJsonReader {
  private at = 0

  constructor(private readonly text: string) {}

  document(): JsonValue | undefined {
    try {
      const value = this.value()
      this.take(SPACE)
      return this.at === this.text.length ? value : undefined
    } catch (error) {
      // A string with a wrong escape is left to JSON.parse, which throws a SyntaxError.
      if (error instanceof NoJson || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  private value(): JsonValue {
    this.take(SPACE)
    switch (this.text.charAt(this.at)) {
      case '{':
        return this.object()
      case '[':
        return this.array()
      case '"':
        return this.string()
      case 't':
      case 'f':
      case 'n':
        return JSON.parse(this.expect(WORD)) as JsonValue
      default:
        return this.number()
    }
  }

  private object(): JsonObject {
    const members: [string, JsonValue][] = []
    this.at++
    if (this.skips('}')) return {}
    do {
      this.take(SPACE)
      const name = this.string()
      if (!this.skips(':')) throw new NoJson()
      members.push([name, this.value()])
    } while (this.skips(','))
    if (!this.skips('}')) throw new NoJson()
    return Object.fromEntries(members)
  }

  private array(): JsonValue[] {
    const elements: JsonValue[] = []
    this.at++
    if (this.skips(']')) return elements
    do elements.push(this.value())
    while (this.skips(','))
    if (!this.skips(']')) throw new NoJson()
    return elements
  }

  /** Finds the closing quote without a regular expression, which would need a deep stack for a long string with many escapes. */
  private string(): string {
    const from = this.at
    if (this.text[from] !== '"') throw new NoJson()
    for (let at = from + 1; at < this.text.length; at++) {
      const code = this.text.charCodeAt(at)
      if (code === 0x5c) at++
      else if (code === 0x22) {
        this.at = at + 1
        return JSON.parse(this.text.slice(from, this.at)) as string
      }
    }
    throw new NoJson()
  }

  private number(): JsonValue {
    const literal = this.expect(NUMBER)
    return exactNumber(literal) ?? literal
  }

  private skips(character: string): boolean {
    this.take(SPACE)
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  private expect(pattern: RegExp): string {
    const found = this.take(pattern)
    if (found === '') throw new NoJson()
    return found
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0] ?? ''
    this.at += found.length
    return found
  }
}
