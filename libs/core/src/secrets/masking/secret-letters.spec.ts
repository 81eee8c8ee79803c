import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createSecretScrubber } from './secret-scrubber.js'

/** With letters of several scripts, in either normal form. */
const SECRETS = [
  'schlüssel-42',
  'schlu\u0308ssel-42',
  'SCHLÜSSEL-42',
  'ünter den Linden é',
  'clé/d\u2019été&"7"',
  "Straße <ß> 'ß'",
  'zażółć łódź',
  'ключ-Ёлка-77',
  'ΟΔΟΣ key Σ',
  'key 密钥-密',
  '한글 key 한',
  'key🔑👩\u200d💻 42',
  'äöüß',
  '密码钥匙密',
]

const lettersOf = (text: string): string[] => Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
const percent = (bytes: Iterable<number>): string =>
  [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const hex = (code: number, digits = 0): string => code.toString(16).padStart(digits, '0')
const ofCodePoints = (write: (code: number) => string) => (text: string) =>
  Array.from(text, (one) => write(one.codePointAt(0) ?? 0)).join('')
const ofUnits = (write: (code: number) => string) => (text: string) =>
  text
    .split('')
    .map((one) => write(one.charCodeAt(0)))
    .join('')

const NAMES: Readonly<Record<string, string>> = {
  ...{
    ä: 'auml',
    ö: 'ouml',
    ü: 'uuml',
    Ü: 'Uuml',
    ß: 'szlig',
    é: 'eacute',
    ł: 'lstrok',
    ó: 'oacute',
    '\u2019': 'rsquo',
  },
  ...{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos', '/': 'sol', '-': 'hyphen', к: 'kcy', Σ: 'Sigma' },
}
const named = (letter: string): string => {
  const name = NAMES[letter.normalize('NFC')]
  return name === undefined ? letter : `&${name};`
}

/** Bytes of letters in charsets that have them. */
const LEGACY: Readonly<Record<string, readonly string[]>> = {
  ...{ ä: ['e4', '8a'], ö: ['f6', '9a'], ü: ['fc', '9f'], Ü: ['dc', '86'], ß: ['df', 'a7'], é: ['e9', '8e'] },
  ...{ ł: ['b3'], ó: ['f3'], ż: ['bf'], ć: ['e6'], ź: ['9f', 'bc'], '\u2019': ['92', 'd5'] },
  ...{ к: ['ea', 'da', 'cb', 'aa'], л: ['eb', 'db', 'cc', 'ab'], ю: ['fe', 'ee', 'c0'], ч: ['f7', 'e7', 'de'] },
  ...{ Σ: ['d3'], Ο: ['cf'], Δ: ['c4'] },
  ...{
    密: ['c3dc', '96a7', 'b14b', 'cca9'],
    码: ['c2eb'],
    钥: ['d4bf'],
    匙: ['b3d7', 'b0cd'],
    한: ['c7d1'],
    글: ['b1db'],
  },
}
const inLegacy = (choice: number) => (letter: string) => {
  const spellings = LEGACY[letter.normalize('NFC')]
  return spellings?.[choice % spellings.length] ?? null
}
const legacyPercent = (choice: number, write: (escaped: string) => string) => (letter: string) => {
  const bytes = inLegacy(choice)(letter)
  return bytes === null ? letter : write(percent(Buffer.from(bytes, 'hex')))
}
const same = (text: string): string => text

/** Ways to write a letter. */
const SPELLINGS: readonly (readonly [name: string, write: (letter: string) => string])[] = [
  ['as it is', same],
  ['NFC', (letter) => letter.normalize('NFC')],
  ['NFD', (letter) => letter.normalize('NFD')],
  ['lower case', (letter) => letter.toLowerCase()],
  ['upper case', (letter) => letter.toUpperCase()],
  ['decimal entity', ofCodePoints((code) => `&#${code};`)],
  ['hex entity', ofCodePoints((code) => `&#x${hex(code)};`)],
  ['upper case hex entity', ofCodePoints((code) => `&#X${hex(code).toUpperCase()};`)],
  ['entities of an NFD letter', (letter) => ofCodePoints((code) => `&#${code};`)(letter.normalize('NFD'))],
  ['named entity', named],
  ['named entity in HTML', (letter) => named(letter).replaceAll('&', '&amp;')],
  ['named entity in a URL', (letter) => (named(letter) === letter ? letter : encodeURIComponent(named(letter)))],
  ['URL', encodeURIComponent],
  ['lower case URL', (letter) => encodeURIComponent(letter).replace(/%../g, (escape) => escape.toLowerCase())],
  ['URL of an NFD letter', (letter) => encodeURIComponent(letter.normalize('NFD'))],
  ['URL in URL', (letter) => encodeURIComponent(encodeURIComponent(letter))],
  ['URL of another charset', legacyPercent(0, (escaped) => escaped.toUpperCase())],
  ['lower case URL of another charset', legacyPercent(1, same)],
  ['URL of a third charset', legacyPercent(2, same)],
  ['URL of a fourth charset', legacyPercent(3, same)],
  ['bytes of another charset in a string', legacyPercent(0, (escaped) => escaped.replaceAll('%', '\\x'))],
  ['bytes in a string', (letter) => percent(Buffer.from(letter)).replaceAll('%', '\\x')],
  [
    'octal bytes',
    (letter) => [...Buffer.from(letter)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
  ],
  ['JSON', ofUnits((code) => `\\u${hex(code, 4)}`)],
  ['upper case JSON', ofUnits((code) => `\\u${hex(code, 4).toUpperCase()}`)],
  ['JSON in JSON', ofUnits((code) => `\\\\u${hex(code, 4)}`)],
  ['code points in braces', ofCodePoints((code) => `\\u{${hex(code)}}`)],
  ['code points as Python writes them', ofCodePoints((code) => `\\U${hex(code, 8)}`)],
  ['URL as old JavaScript writes it', ofUnits((code) => `%u${hex(code, 4).toUpperCase()}`)],
  ['UTF-8 misread as Latin-1', (letter) => Buffer.from(letter).toString('latin1')],
  ['UTF-8 misread as windows-1252', (letter) => new TextDecoder('windows-1252').decode(Buffer.from(letter))],
]

const surroundings = fc.constantFrom('', ' x ', '{"a":"', '<b>', '=', 'Größe ', 'ключ ', '密 ', '/', '\n')

describe('a secret beyond ASCII', () => {
  it.each(SPELLINGS)('is masked with its letters written as %s', (_name, write) => {
    for (const secret of SECRETS) {
      const written = lettersOf(secret).map(write).join('')
      const scrubber = createSecretScrubber([secret])
      expect([secret, scrubber.scrub(`<b>${written}</b>`)]).toEqual([secret, '<b>***</b>'])
      expect(scrubber.scrubCut(`<b>${written}</b> `)).toBe('<b>***</b> ')
    }
  })

  it('is masked, and nothing else, with each letter written in another way', () => {
    const spelled = fc.constantFrom(...SECRETS).chain((secret) =>
      fc.record({
        secret: fc.constant(secret),
        written: fc
          .tuple(...lettersOf(secret).map((letter) => fc.constantFrom(...SPELLINGS).map(([, write]) => write(letter))))
          .map((letters) => letters.join('')),
      }),
    )
    fc.assert(
      fc.property(spelled, surroundings, surroundings, ({ secret, written }, before, after) => {
        expect(createSecretScrubber([secret]).scrub(before + written + after)).toBe(`${before}***${after}`)
      }),
      { numRuns: 1_000 },
    )
  })

  it('that is cut off shows nothing of its beginning', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SECRETS), fc.constantFrom(...SPELLINGS), fc.nat(), (secret, [, write], cut) => {
        const written = lettersOf(secret).map(write).join('')
        const kept = written.slice(0, 1 + (cut % (written.length - 1)))
        const scrubbed = createSecretScrubber([secret]).scrubCut(`key: ${kept}`)
        // A backslash may stay that began an escape. It tells nothing.
        expect(scrubbed.replace('***', '').replace(/\\+$/, '').length).toBeLessThanOrEqual('key: '.length)
      }),
      { numRuns: 500 },
    )
  })

  /** What is left of a text in another charset when it is read as UTF-8. */
  const misread = (choice: number) => (secret: string) =>
    Buffer.concat(
      lettersOf(secret).map((letter) => {
        const bytes = inLegacy(choice)(letter)
        return bytes === null ? Buffer.from(letter) : Buffer.from(bytes, 'hex')
      }),
    ).toString('utf8')

  it.each([
    ['bytes of another charset', misread(0)],
    ['bytes of a second charset', misread(1)],
    ['bytes of a third charset', misread(2)],
    ['bytes of a fourth charset', misread(3)],
    ['question marks', (secret: string) => secret.normalize('NFC').replace(/[^\x00-\x7f]/g, '?')],
    ['replacement characters', (secret: string) => secret.normalize('NFC').replace(/[^\x00-\x7f]/gu, '\ufffd')],
    ['escaped replacement characters', (secret: string) => secret.replace(/[^\x00-\x7f]/g, '\\ufffd')],
    ['UTF-16', (secret: string) => Buffer.from(secret, 'utf16le').toString('utf8').replaceAll('\0', '\ufffd')],
  ])('is masked when its letters were lost as %s', (_name, write) => {
    for (const secret of SECRETS.filter((one) => /(?:[ -~].*){4}/.test(one))) {
      const written = write(secret)
      const scrubbed = createSecretScrubber([secret]).scrub(`<b>${written}</b>`)
      expect([secret, scrubbed.replace(/\ufffd/g, '')]).toEqual([secret, '<b>***</b>'])
    }
  })

  it.each([
    ['Latin-1', (secret: string) => Buffer.from(secret, 'latin1')],
    ['NFD', (secret: string) => Buffer.from(secret.normalize('NFD'))],
    ['JSON of ASCII', (secret: string) => Buffer.from(secret.replaceAll('ü', '\\u00fc'))],
  ])('is masked in base64 and in hex of %s', (_name, encode) => {
    const bytes = encode('schlüssel-42')
    const scrubber = createSecretScrubber(['schlüssel-42'])
    expect(scrubber.scrub(`a ${bytes.toString('base64')}, ${bytes.toString('hex')}.`)).toMatch(/^a \*\*\*=*, \*\*\*\.$/)
    const basic = Buffer.concat([Buffer.from('joe:'), bytes]).toString('base64')
    expect(scrubber.scrub(`Basic ${basic}`)).toMatch(/^Basic am9l.{0,2}\*\*\*=*$/)
  })

  it.each([
    [
      'schlüssel-42',
      ['schlüssel-43', 'schl%FCssel 43', 'Schl&uuml;ssel', 'schl&#228;ssel-42', 'schlässel-42', 'ss?l-42'],
    ],
    ['密码钥匙密', ['密码', '?????????', '\ufffd'.repeat(900), '密码，钥匙', '%C3%DC%C2%EB']],
    ['ключ-Ёлка-77', ['ключ', '????-????', 'Ёлка-77', '\ufffd'.repeat(900)]],
    ['äöüß', ['&auml;&ouml;', 'Äpfel, Öl, üben, aß', '??????', '&lt;&gt;&amp;&quot;']],
  ])('%s is not found in other texts', (secret, texts) => {
    for (const text of texts) expect(createSecretScrubber([secret]).scrub(`${text}\n%`)).toBe(`${text}\n%`)
  })
})

describe('the search for secrets beyond ASCII', () => {
  const scrubber = createSecretScrubber(['schlüssel-42', 'ключ-Ёлка-77', '密码钥匙密'])

  it.each([
    { what: 'lost characters', text: '\ufffd'.repeat(1365), isShown: true },
    { what: 'question marks', text: '?'.repeat(4096), isShown: true },
    { what: 'bytes', text: '%C3%A4'.repeat(682), isShown: true },
    { what: 'escaped letters', text: '\\u0434'.repeat(682), isShown: true },
    { what: 'named letters', text: '&uuml;'.repeat(682), isShown: false },
    { what: 'what nearly is a secret', text: 'ключ-Ёлка-78'.repeat(190), isShown: true },
    { what: 'what nearly is a named secret', text: 'schl&uuml;ssel-43'.repeat(240), isShown: true },
  ])('ends within a limit in a text of $what', ({ text, isShown }) => {
    const scrubbed = scrubber.scrub(`${text}\n%`)
    expect(scrubbed === `${text}\n%` ? 'shown' : scrubbed).toBe(isShown ? 'shown' : '***')
  })

  it('ends within the limit for a long secret, too, each of whose letters may be lost', () => {
    expect(createSecretScrubber(['密码'.repeat(300)]).scrub('?\n'.repeat(2_000))).toBe('***')
  })
})

describe('an ASCII secret', () => {
  it.each([
    ['pa$$word/1', 'pa&dollar;&dollar;word&sol;1'],
    ['pa$$word/1', 'pa&#36;&#x24;word&#x2F;1'],
    [`a&b"c'd<e`, 'a&amp;b&quot;c&#39;d&lt;e'],
    ['topsecret', 't\ufffdo\ufffdp\ufffds\ufffde\ufffdc\ufffdr\ufffde\ufffdt'],
    ['topsecret', '\\164opsecret'],
    ['Kennwort', '\u212aENNWORT'],
    ['Kennwort İ', 'kENNWORT İ'],
    ['schlüssel', 'SCHLÜSSEL İ'.slice(0, 9)],
  ])('%s is masked as %s', (secret, text) => {
    expect(createSecretScrubber([secret]).scrub(`İ ${text} ü`)).toBe('İ *** ü')
  })
})
