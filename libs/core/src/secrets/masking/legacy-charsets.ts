/** Charsets that write each character beyond ASCII in one byte. The names are those of the WHATWG. */
const OF_ONE_BYTE = [
  ...[2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15].map((part) => `iso-8859-${part}`),
  ...[1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 874].map((page) => `windows-${page}`),
  ...['ibm866', 'koi8-r', 'koi8-u', 'macintosh', 'x-mac-cyrillic'],
]
/** Charsets that write most characters beyond ASCII in two bytes. Characters of three or four bytes are left out. */
const OF_TWO_BYTES = ['gb18030', 'big5', 'euc-jp', 'shift_jis', 'euc-kr']

/**
 * Returns the bytes of a character beyond ASCII as a text of one character per byte; null when the charset does not contain the character.
 */
type Charset = (character: string) => string | null

/** The character that decoders return for bytes that they cannot decode. */
const NO_CHARACTER = '\ufffd'

let charsets: readonly Charset[] | undefined
/** Builds the charsets at the first secret with a character beyond ASCII, because that takes about 120 ms and 1.2 MB (Node 20). */
const allCharsets = (): readonly Charset[] =>
  (charsets ??= [...OF_ONE_BYTE.map(ofOneByte), ...OF_TWO_BYTES.map(ofTwoBytes)])

/** Maximum number of characters whose bytes are cached: enough for one language. A search in all charsets takes up to a millisecond. */
const MAX_KNOWN = 4_000
const known = new Map<string, readonly (string | null)[]>()

/** The bytes of a character in each of the charsets. */
function bytesInEach(character: string): readonly (string | null)[] {
  const found = known.get(character)
  if (found) return found
  const bytes = allCharsets().map((charset) => {
    if (isAscii(character)) return character
    return character === NO_CHARACTER ? null : charset(character)
  })
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(character, bytes)
  return bytes
}

/** Returns the bytes of a code point in charsets other than Unicode's, without duplicates. Each text has one character per byte. */
export function legacyBytesOf(character: string): readonly string[] {
  return [...new Set(bytesInEach(character).filter((bytes) => bytes !== null))]
}

/** Returns the bytes of a text in every charset other than Unicode's that contains all its characters, without duplicates. */
export function legacyEncodingsOf(text: string): readonly Buffer[] {
  const characters = Array.from(text, bytesInEach)
  const all = allCharsets().map((_, charset) => characters.map((bytes) => bytes[charset] ?? null))
  const whole = all.filter((bytes) => !bytes.includes(null)).map((bytes) => bytes.join(''))
  return [...new Set(whole)].map((bytes) => Buffer.from(bytes, 'latin1'))
}

/**
 * Returns the character of a byte from 0x80 to 0x9f in windows-1252, the charset that programs guess most often. Empty for all other bytes,
 * which are the same in Latin-1.
 */
export const inWindows1252 = (byte: number): string =>
  byte < 0x80 || byte > 0x9f ? '' : (WINDOWS_1252[byte - 0x80] ?? '')

/** The characters of the bytes 0x80 to 0x9f. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

export const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)

function ofOneByte(label: string): Charset {
  const decode = decoderOf(label)
  const characters = decode(Array.from({ length: 0x80 }, (_, index) => 0x80 + index))
  return (character) => {
    const index = characters.indexOf(character)
    return index === -1 ? null : String.fromCharCode(0x80 + index)
  }
}

const FIRST_LEAD = 0x81
const LEADS = Array.from({ length: 0xfe - FIRST_LEAD + 1 }, (_, index) => FIRST_LEAD + index)
const FIRST_TRAIL = 0x40
const TRAILS = Array.from({ length: 0xfe - FIRST_TRAIL + 1 }, (_, index) => FIRST_TRAIL + index)

function ofTwoBytes(label: string): Charset {
  const decode = decoderOf(label)
  // A row has one line per second byte, so the number of a line gives the byte. A line break is never part of a character.
  const rows = LEADS.map((lead) => decode(TRAILS.flatMap((trail) => [lead, trail, 0x0a])))
  return (character) => {
    for (const [row, characters] of rows.entries()) {
      const index = characters.includes(character) ? characters.split('\n').indexOf(character) : -1
      if (index !== -1) return String.fromCharCode(FIRST_LEAD + row, FIRST_TRAIL + index)
    }
    return null
  }
}

/**
 * Returns a decoder of a charset. If this build of Node.js lacks the charset, the decoder returns an empty text, and secrets in this
 * charset are not found.
 */
function decoderOf(label: string): (bytes: readonly number[]) => string {
  try {
    const decoder = new TextDecoder(label)
    return (bytes) => decoder.decode(Uint8Array.from(bytes))
  } catch (error) {
    if (error instanceof RangeError) return () => ''
    throw error
  }
}
