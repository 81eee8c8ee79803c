/** An escaped character: what it stands for, and where the next one begins. */
export interface EscapedCharacter {
  readonly character: string
  readonly next: number
}

/**
 * Index in a text → the escaped characters that may begin there. A text does not say how it is escaped, so every possible reading counts.
 */
export type Escapes = ReadonlyMap<number, readonly EscapedCharacter[]>

/** Searching a text exceeds its limit. The text may have been made to be costly, and must not hold up other deliveries. */
export class TooCostly extends Error {
  constructor() {
    super('a text takes too long to search')
    this.name = 'TooCostly'
  }
}

/**
 * Escapes that are read in one text, each about two microseconds. Too low: texts in which each character is escaped, as PHP writes
 * Cyrillic, are masked whole. Too high: one receiver costs the process milliseconds for each response.
 */
const MAX_ESCAPES = 1_500

const INTRODUCER = /[\\%&]/

/**
 * Escapes of JSON and similar ones of programming languages (`\x41`, `\'`), of URLs, and of HTML. `%` escapes a byte, so characters beyond
 * ASCII take several.
 */
const ESCAPE =
  /\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|([^ux]))|%([0-9a-f]{2})|&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos|nbsp));/gi

/** The beginning of an escape, of one layer or two, at the end of a text. */
const UNFINISHED = /[\\%&][\\%&#0-9a-z]{0,12}$/i

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

/** The text up to where an escape may have been cut in two. */
export const withoutUnfinishedEscape = (text: string): string => text.replace(UNFINISHED, '')

const NO_ESCAPES: Escapes = new Map()

/** The escapes of a text, and those that appear once these are resolved: JSON within JSON, JSON within HTML. @throws TooCostly */
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
    // A literal backslash before an escaped character.
    if (text[at - 1] === '\\') for (const inner of behindBackslash(layer, escaped)) add(at - 1, inner)
  }
  return all
}

function outerEscapes(text: string): ReadonlyMap<number, EscapedCharacter> {
  const escapes = new Map<number, EscapedCharacter>()
  const search = new RegExp(ESCAPE)
  for (let match = search.exec(text); match !== null; match = search.exec(text)) {
    if (escapes.size === MAX_ESCAPES) throw new TooCostly()
    const [whole, ...parts] = match
    escapes.set(match.index, { character: meaningOf(parts), next: match.index + whole.length })
    // Continues one character later, because in `\\` an escape may begin at either backslash.
    search.lastIndex = match.index + 1
  }
  return escapes
}

function meaningOf([unicode, hex, escaped, percent, entityHex, entityDecimal, entity]: (string | undefined)[]): string {
  if (escaped !== undefined) return CONTROLS[escaped] ?? escaped
  if (entity !== undefined) return ENTITIES.get(entity.toLowerCase()) ?? ''
  if (entityDecimal !== undefined) return String.fromCharCode(Number(entityDecimal))
  return String.fromCharCode(parseInt(unicode ?? hex ?? percent ?? entityHex ?? '', 16))
}

/** A text whose outer escapes are known. */
interface Layer {
  readonly text: string
  readonly outer: ReadonlyMap<number, EscapedCharacter>
}

/** Escapes that an escaped `\`, `%` or `&` begins: at most one for each reading of what follows. */
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
    rest += one.character
    next = one.next
  }
  const match = new RegExp(`^(?:${ESCAPE.source})$`, 'i').exec(beginning + rest)
  return match ? [{ character: meaningOf(match.slice(1)), next }] : []
}

/** How many digits follow the beginning of an escape; `&…;` ends with its semicolon. */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ['%', 2],
  ['\\x', 2],
  ['\\u', 4],
])
/** `#1114111;` */
const MAX_ENTITY_LENGTH = 9
