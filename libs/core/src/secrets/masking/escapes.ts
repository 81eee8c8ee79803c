import { ANY } from './secret-graph.js'

/** An escaped character: what it stands for, and where the next one begins. */
export interface EscapedCharacter {
  readonly character: string
  readonly next: number
}

/**
 * Index in a text → the escaped characters that may begin there. A text does not say how it is escaped, so all possible readings are kept.
 */
export type Escapes = ReadonlyMap<number, readonly EscapedCharacter[]>

/**
 * Thrown when the search of a text reaches its limit. Without a limit, a receiver could write texts that are slow to search, and so delay
 * other deliveries.
 */
export class TooCostly extends Error {
  constructor() {
    super('a text takes too long to search')
    this.name = 'TooCostly'
  }
}

/**
 * Maximum number of escapes in a text that is searched; reading one takes about two microseconds. Too low: a text in which every character
 * is escaped, as PHP escapes Cyrillic, is masked as a whole. Too high: a receiver can make the process spend milliseconds on each response.
 */
const MAX_ESCAPES = 1_500

const INTRODUCER = /[\\%&]/

const HEX = '[0-9a-fA-F]'
/**
 * Escapes of JSON and of programming languages (`\x41`, `\303`, `\u{1f511}`, `\U0001f511`, `\'`), of URLs (also `%u00fc`, as old JavaScript
 * writes it), and of HTML. `%` escapes one byte, so a character beyond ASCII takes several of them.
 */
const ESCAPE = [
  String.raw`\\(?:U(000${HEX}{5}|0010${HEX}{4})|[uU](${HEX}{4})|[uUxX]\{(${HEX}{1,6})\}|[xX](${HEX}{2})|([0-3][0-7]{2})|([^uUxX]))`,
  `%(?:[uU](${HEX}{4})|(${HEX}{2}))`,
  `&(?:#[xX](${HEX}{1,8})|#([0-9]{1,8})|([a-zA-Z][a-zA-Z0-9]{1,31}));`,
].join('|')
const WHOLE_ESCAPE = new RegExp(`^(?:${ESCAPE})$`)

/** The beginning of an escape whose end was cut off with the text. The escape may be escaped itself (`&amp;#39;`). */
const UNFINISHED = /(?:[\\%&]|&(?:amp|#0*(?:37|38|92)|#x0*(?:25|26|5c));)[\\%&#0-9a-z{]{0,12}$/i
const OF_ESCAPES = /^[\\%&#0-9a-z{};]$/i
/** Long enough for a long escape that is escaped itself: `&amp;CounterClockwiseContourIntegral;`. */
const MAX_ESCAPE_LENGTH = 38

const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
])
/** Three searches for one character each are faster than one search for any of the three. */
export const mayHoldEscapes = (text: string): boolean => text.includes('\\') || text.includes('%') || text.includes('&')

/** Returns the text without an escape whose end may have been cut off. */
export const withoutUnfinishedEscape = (text: string): string => text.replace(UNFINISHED, '')

/** Returns the index from which the rest of the text may be one unfinished escape, even one that is escaped itself. */
export function unfinishedFrom(text: string): number {
  let from = text.length
  while (from > 0 && text.length - from < MAX_ESCAPE_LENGTH && OF_ESCAPES.test(text.charAt(from - 1))) from--
  return from
}

const NO_ESCAPES: Escapes = new Map()

/**
 * Returns the outer escapes of a text, and the inner ones that appear when the outer ones are resolved (JSON within JSON or HTML).
 * @throws TooCostly
 */
export function escapesIn(text: string): Escapes {
  if (!mayHoldEscapes(text)) return NO_ESCAPES
  const outer = outerEscapes(text)
  const all = new Map<number, EscapedCharacter[]>()
  const add = (at: number, escaped: EscapedCharacter): void => {
    const others = all.get(at)
    if (others) others.push(escaped)
    else all.set(at, [escaped])
  }
  const layer = { text, outer }
  for (const [at, escaped] of outer) {
    add(at, escaped)
    for (const inner of escapesBehind(layer, escaped)) add(at, inner)
    // A backslash that is not escaped may begin an inner escape whose next character is escaped.
    if (text[at - 1] === '\\') for (const inner of behindBackslash(layer, escaped)) add(at - 1, inner)
  }
  return all
}

function outerEscapes(text: string): ReadonlyMap<number, EscapedCharacter> {
  const escapes = new Map<number, EscapedCharacter>()
  const search = new RegExp(ESCAPE, 'g')
  for (let match = search.exec(text); match !== null; match = search.exec(text)) {
    if (escapes.size === MAX_ESCAPES) throw new TooCostly()
    const [whole, ...parts] = match
    escapes.set(match.index, { character: meaningOf(parts), next: match.index + whole.length })
    // Continues one character later, because in `\\` an escape may begin at either backslash.
    search.lastIndex = match.index + 1
  }
  return escapes
}

/**
 * Returns the character of an escape; `ANY` for an HTML name that is not in `ENTITIES`, because a list of all names would be long.
 * @param groups the groups of `ESCAPE`, in their order
 */
function meaningOf(groups: readonly (string | undefined)[]): string {
  const [wide, unicode, braced, byte, octal, escaped, percentUnicode, percent, entityHex, entityDecimal, entity] =
    groups
  if (escaped !== undefined) return CONTROLS[escaped] ?? escaped
  if (entity !== undefined) return ENTITIES.get(entity.toLowerCase()) ?? ANY
  if (entityDecimal !== undefined) return characterOf(Number(entityDecimal))
  if (octal !== undefined) return characterOf(parseInt(octal, 8))
  const hex = [wide, unicode, braced, byte, percentUnicode, percent, entityHex].find((digits) => digits !== undefined)
  return characterOf(parseInt(hex ?? '', 16))
}

const characterOf = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '')

/** A text and its outer escapes. */
interface Layer {
  readonly text: string
  readonly outer: ReadonlyMap<number, EscapedCharacter>
}

/**
 * The inner escapes that begin with an escaped `\`, `%` or `&`. The character after a backslash is read as it is written, and also resolved
 * if it is escaped.
 */
function escapesBehind(layer: Layer, { character, next }: EscapedCharacter): readonly EscapedCharacter[] {
  if (!INTRODUCER.test(character)) return []
  if (character !== '\\') return unescaped(layer, character, next)
  const plain = { character: layer.text.charAt(next), next: next + 1 }
  const escaped = layer.outer.get(next)
  return [...behindBackslash(layer, plain), ...(escaped ? behindBackslash(layer, escaped) : [])]
}

function behindBackslash(layer: Layer, { character, next }: EscapedCharacter): readonly EscapedCharacter[] {
  if (character === 'u' || character === 'x') return unescaped(layer, `\\${character}`, next)
  return character === '' ? [] : [{ character: CONTROLS[character] ?? character, next }]
}

/** The inner escape that starts with `beginning` and continues at `at`. The outer escapes of its characters are resolved first. */
function unescaped({ text, outer }: Layer, beginning: string, at: number): readonly EscapedCharacter[] {
  const digits = DIGITS.get(beginning)
  let rest = ''
  let next = at
  while (next < text.length && (digits === undefined ? !rest.endsWith(';') : rest.length < digits)) {
    if (rest.length > MAX_ENTITY_LENGTH) return []
    const one = outer.get(next) ?? { character: text.charAt(next), next: next + 1 }
    if (!OF_ESCAPES.test(one.character)) return []
    rest += one.character
    next = one.next
  }
  const match = WHOLE_ESCAPE.exec(beginning + rest)
  return match ? [{ character: meaningOf(match.slice(1)), next }] : []
}

/** Number of digits after the beginning of an escape. `&…;` is not listed, because it ends with its semicolon. */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ['%', 2],
  ['\\x', 2],
  ['\\u', 4],
])
/** Length of the longest HTML name with its semicolon: `CounterClockwiseContourIntegral;`. */
const MAX_ENTITY_LENGTH = 32
