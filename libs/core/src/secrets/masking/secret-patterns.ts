import { isAscii, legacyEncodingsOf } from './legacy-charsets.js'
import { MIN_SECRET_LENGTH } from './target-secrets.js'

/** Patterns, and how to fold a text before it is searched for them. `fold` maps each character to one character, so indexes stay valid. */
export interface PatternSet {
  readonly patterns: readonly string[]
  readonly fold: (text: string) => string
  /** Whether a character next to a pattern may hold some bits of the secret. */
  readonly isPartOf: (character: string) => boolean
}

/** Returns the patterns for these secrets: all texts that reveal one of the secrets. */
export function patternSetsOf(secrets: readonly string[]): readonly PatternSet[] {
  const forms = [...new Set(secrets.flatMap(formsOf))]
  const bytes = forms.flatMap(bytesOf)
  const plain = [...secrets, ...secrets.flatMap(misreadings), ...bytes.map((one) => one.toString('hex'))]
  return [
    { patterns: [...new Set(plain)], fold: foldPlain, isPartOf: () => false },
    {
      patterns: [...new Set(bytes.flatMap(base64Cores).flatMap(spellings))],
      fold: foldCase,
      isPartOf: isBase64,
    },
  ]
}

/**
 * Converts to lower case, because hex digits come in either case and HTTP changes the case of header names. `ς` becomes `σ` like every
 * other sigma, because the lower case of `Σ` depends on the next character.
 */
function foldCase(text: string): string {
  const lower = text.toLowerCase()
  return (lower.length === text.length ? lower : text.replace(/[A-Z]|[^\x00-\x7f]+/g, lowerByCharacter)).replaceAll(
    'ς',
    'σ',
  )
}

/** Converts each character to lower case, except those that would become longer (`İ`). */
const lowerByCharacter = (text: string): string =>
  Array.from(text, (one) => (one.toLowerCase().length === one.length ? one.toLowerCase() : one)).join('')

/** A `+` counts as a space, because forms write spaces as `+`. */
const foldPlain = (text: string): string => foldCase(text).replaceAll('+', ' ')

/** Base64 in the standard alphabet and in the URL-safe one. */
const spellings = (base64: string): readonly string[] => [base64, base64.replaceAll('+', '-').replaceAll('/', '_')]

const isBase64 = (character: string): boolean => /^[A-Za-z0-9+/_-]$/.test(character)

/** The texts that may be encoded in hex or base64: the secret as it is, in JSON (also in JSON of ASCII alone), and in a URL. */
function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  return [
    secret,
    json,
    json.replace(/[^\x00-\x7f]/g, inJson),
    encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8')),
  ]
}

const inJson = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The bytes of a text in every charset and normal form that it may be encoded in. */
function bytesOf(text: string): readonly Buffer[] {
  if (isAscii(text)) return [Buffer.from(text, 'utf8')]
  const forms = new Set([text, text.normalize('NFC'), text.normalize('NFD')])
  return [...forms].flatMap((form) => [Buffer.from(form, 'utf8'), ...legacyEncodingsOf(form)])
}

/**
 * The texts that a program gets when it misreads a secret in another charset as UTF-8. A text that only lost its characters beyond ASCII is
 * left out, because every pattern allows for lost characters.
 */
function misreadings(secret: string): readonly string[] {
  if (isAscii(secret)) return []
  const utf16 = Buffer.from(secret, 'utf16le')
  const encodings = [...legacyEncodingsOf(secret.normalize('NFC')), utf16, Buffer.from(utf16).swap16()]
  const ascii = secret.replace(/[^\x00-\x7f]/g, '')
  const texts = encodings.map((bytes) => bytes.toString('utf8').replaceAll('\0', ''))
  return texts.filter((text) => text.replaceAll('\ufffd', '') !== ascii)
}

/**
 * The base64 characters that depend on these bytes alone, for each of the three positions at which the bytes can begin in a group of three.
 * They appear in the base64 of any text that contains the bytes. The characters before and after them may hold a few bits of the bytes.
 */
function base64Cores(bytes: Buffer): readonly string[] {
  const cores = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  return cores.filter((core) => core.length >= MIN_SECRET_LENGTH)
}
