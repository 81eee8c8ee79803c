import { MIN_SECRET_LENGTH } from './target-secrets.js'

/** Texts that are looked for in others which went through `fold`: that maps each character to one, so places stay. */
export interface PatternSet {
  readonly patterns: readonly string[]
  readonly fold: (text: string) => string
  /** Of a character around a pattern: whether some bits of the secret may be in it. */
  readonly isPartOf: (character: string) => boolean
}

/** What is looked for to find secrets: each text that gives one away. */
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

/** Case does not count: hex comes in either, and HTTP changes that of the names of headers. */
function foldCase(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length ? lower : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Blanks as forms write them are blanks as well. */
const foldPlain = (text: string): string => foldCase(text).replaceAll('+', ' ')

/** In the usual alphabet, and in that of URLs. */
const spellings = (base64: string): readonly string[] => [base64, base64.replaceAll('+', '-').replaceAll('/', '_')]

const isBase64 = (character: string): boolean => /^[A-Za-z0-9+/_-]$/.test(character)

/** A secret as it is, and as documents hold it that are then encoded as a whole. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8')),
]

/** What percent signs leave of a secret beyond ASCII. */
const asBytes = (secret: string): string => Buffer.from(secret, 'utf8').toString('latin1')

/**
 * The characters that belong to these bytes alone in base64, for each of the three places where they can begin within three bytes. They
 * stand in the base64 of any text that holds the bytes; the character before and the one behind may hold a few of their bits.
 */
function base64Cores(bytes: Buffer): readonly string[] {
  const cores = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  return cores.filter((core) => core.length >= MIN_SECRET_LENGTH)
}
