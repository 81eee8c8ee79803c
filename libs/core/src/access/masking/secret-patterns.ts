import { MIN_SECRET_LENGTH } from './target-secrets.js'

/** Patterns that are looked for in folded texts. `fold` maps each character to one character, so indexes stay valid. */
export interface PatternSet {
  readonly patterns: readonly string[]
  readonly fold: (text: string) => string
  /** Whether a character next to a pattern may hold some bits of the secret. */
  readonly isPartOf: (character: string) => boolean
}

/** The patterns for these secrets: each text that reveals one of them. */
export function patternSetsOf(secrets: readonly string[]): readonly PatternSet[] {
  const forms = [...new Set(secrets.flatMap(formsOf))]
  const bytes = forms.map((form) => Buffer.from(form, 'utf8'))
  const plain = [...secrets, ...secrets.map(asBytes), ...bytes.map((one) => one.toString('hex'))]
  return [
    { patterns: [...new Set(plain.map(foldPlain))], fold: foldPlain, isPartOf: () => false },
    {
      patterns: [...new Set(bytes.flatMap(base64Cores).flatMap(spellings).map(foldCase))],
      fold: foldCase,
      isPartOf: isBase64,
    },
  ]
}

/** Case does not count: hex comes in either case, and HTTP changes the case of header names. */
function foldCase(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length ? lower : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** A `+` counts as a space, because forms write spaces as `+`. */
const foldPlain = (text: string): string => foldCase(text).replaceAll('+', ' ')

/** In the standard alphabet and in the URL-safe one. */
const spellings = (base64: string): readonly string[] => [base64, base64.replaceAll('+', '-').replaceAll('/', '_')]

const isBase64 = (character: string): boolean => /^[A-Za-z0-9+/_-]$/.test(character)

/** A secret as it is, and as it stands in JSON or URLs that are then encoded as a whole. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8')),
]

/** The UTF-8 bytes of a secret, one character each: what resolving percent escapes byte by byte yields. */
const asBytes = (secret: string): string => Buffer.from(secret, 'utf8').toString('latin1')

/**
 * The base64 characters that depend on these bytes alone, for each of the three positions at which the bytes can begin in a group of three.
 * They appear in the base64 of any text that contains the bytes; the characters before and after them may hold a few of their bits.
 */
function base64Cores(bytes: Buffer): readonly string[] {
  const cores = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  return cores.filter((core) => core.length >= MIN_SECRET_LENGTH)
}
