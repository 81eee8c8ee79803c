import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createSecretScrubber } from './secret-scrubber.js'
import { secretTextsOf, type EntrustedTarget } from './target-secrets.js'

/** `around`: how many characters it has at most before and behind a secret. */
type Encoding = readonly [name: string, around: number, encode: (text: string) => string]

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const everyByte = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

const ENCODINGS: readonly Encoding[] = [
  ['as it is', 0, (text) => text],
  ['base64', 2, base64],
  ['base64 without padding', 0, (text) => base64(text).replaceAll('=', '')],
  ['base64url', 0, (text) => Buffer.from(text).toString('base64url')],
  ['base64 behind a user', 8, (text) => base64(`joe:${text}`)],
  ['base64 behind another user', 9, (text) => base64(`user:${text}`)],
  ['base64 before something', 4, (text) => base64(`${text}:x`)],
  ['base64 in lines of 76', 8, (text) => base64(`joe:${text}`).replace(/.{76}/g, '$&\r\n')],
  ['hex', 0, (text) => Buffer.from(text).toString('hex')],
  ['upper case hex', 0, (text) => Buffer.from(text).toString('hex').toUpperCase()],
  ['JSON', 0, inJson],
  ['JSON as PHP writes it', 0, (text) => inJson(text).replaceAll('/', '\\/')],
  ['JSON in JSON', 0, (text) => inJson(inJson(text))],
  [
    'JSON of code points',
    0,
    (text) => text.replace(/[^]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  ],
  ['base64 of JSON', 16, (text) => base64(JSON.stringify({ key: text }))],
  ['JSON of base64 as PHP writes it', 2, (text) => base64(text).replaceAll('/', '\\/')],
  ['URL', 0, encodeURIComponent],
  ['URL, lower case', 0, (text) => encodeURIComponent(text).replace(/%../g, (escape) => escape.toLowerCase())],
  ['URL, every byte', 0, everyByte],
  ['URL in URL', 0, (text) => encodeURIComponent(encodeURIComponent(text))],
  ['form', 0, (text) => new URLSearchParams({ a: text }).toString().slice(2)],
  ['URL of base64', 6, (text) => encodeURIComponent(base64(text))],
  ['HTML', 0, (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)],
  ['named HTML', 0, (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
  ['capitals', 0, (text) => text.toUpperCase()],
]

const visible = (minLength: number) =>
  fc
    .string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength,
      maxLength: 60,
    })
    .map((text) => text.trim())
    .filter((text) => text.length >= minLength)
const surroundings = fc.constantFrom('', ' ', '"', 'x', '{"a":"', '/', '=', 'Zm9v', '&', '%', '\\', 'key=', '\n')

const scrubberOf = (secret: string) => createSecretScrubber([secret])

describe('a scrubbed text', () => {
  it.each(ENCODINGS)('never holds a secret as %s', (_name, _around, encode) => {
    fc.assert(
      fc.property(visible(6), surroundings, surroundings, (secret, before, after) => {
        const echoed = encode(secret)
        const scrubbed = scrubberOf(secret).scrub(before + echoed + after)
        expect(scrubbed).toContain('***')
        expect(scrubbed).not.toContain(echoed)
      }),
      { numRuns: 200 },
    )
  })

  it.each(ENCODINGS)('that is cut within a secret as %s never shows half of it', (_name, around, encode) => {
    fc.assert(
      fc.property(visible(8), surroundings, fc.nat(), (secret, before, cut) => {
        const echoed = encode(secret)
        const kept = cut % (echoed.length + 1)
        const scrubbed = scrubberOf(secret).scrubCut(before + echoed.slice(0, kept))
        // What stays is what stood there before, up to the bits that the characters around base64 share with it.
        expect(scrubbed.replace('***', '').length).toBeLessThanOrEqual(before.length + around + 2)
      }),
      { numRuns: 200 },
    )
  })

  it.each([encodeURIComponent, inJson, (text: string) => new URLSearchParams({ a: text }).toString().slice(2)])(
    'never holds a secret behind what looks like the beginning of its first escape',
    (encode) => {
      for (const secret of ['00   !', '41"b"c', 'u0041"x', 'n\\n/n', '#38;&']) {
        for (const before of ['%', '\\', '&']) {
          const echoed = encode(secret)
          expect(scrubberOf(secret).scrub(`${before}${echoed}`)).not.toContain(echoed)
        }
      }
    },
  )

  it('stays what it is when it holds no secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(scrubberOf('\u{1f511} of nobody').scrub(text)).toBe(text)
      }),
    )
  })

  it.each([
    [['abcd', 'cdef', 'ghij'], 'x abcdef ghij ABCD.', 'x *** *** ***.'],
    [['secret'], 'a "secret" and c2VjcmV0, not secre', 'a "***" and ***, not secre'],
    [['secret'], 'Basic am9lOnNlY3JldA==', 'Basic am9lO***=='],
    [['a/b+c=='], '{"k":"a\\/b+c=="}', '{"k":"***"}'],
    [['pass word'], 'p=pass+word&q=1', 'p=***&q=1'],
    [['secret'], 'İsecretİ', 'İ***İ'],
    [['schlüssel'], 'schl%C3%BCssel schlüssel', '*** ***'],
  ])('of %j is masked where it says them: %s', (secrets, text, scrubbed) => {
    expect(createSecretScrubber(secrets).scrub(text)).toBe(scrubbed)
  })

  it.each([
    ['key: topsec', 'key: '],
    ['key: topsecret', 'key: ***'],
    ['key: topsecret t', 'key: *** '],
    ['key: \\u0074\\u006fp\\u00', 'key: '],
    ['key: %74%6', 'key: '],
    ['key: nothing', 'key: nothing'],
  ])('that goes on behind %s ends as %s', (text, scrubbed) => {
    expect(scrubberOf('topsecret').scrubCut(text)).toBe(scrubbed)
  })

  it.each([
    { what: 'of escaped characters', text: '\\u0442'.repeat(682), outcome: 'shown' },
    { what: 'of escaped bytes', text: '%D1%82'.repeat(682), outcome: 'shown' },
    { what: 'of backslashes', text: '\\'.repeat(4096), outcome: 'given up' },
    { what: 'of what nearly is a secret', text: `${'x'.repeat(50)}y`.repeat(80), outcome: 'given up' },
  ])('$what is searched within a limit: $outcome', ({ text, outcome }) => {
    const similar = Array.from({ length: 100 }, (_, n) => `${'x'.repeat(49)}${n}`)
    const scrubbed = createSecretScrubber(similar).scrub(`${text}\n%`)
    expect(scrubbed).toBe(outcome === 'shown' ? `${text}\n%` : '***')
  })

  it('of nothing to hide is never changed', () => {
    const scrubber = createSecretScrubber([])
    expect([scrubber.scrub('abc%'), scrubber.scrubCut('abc%')]).toEqual(['abc%', 'abc%'])
  })
})

describe('the secrets of a target', () => {
  const TARGET: EntrustedTarget = { url: 'https://shop.example.com/hooks', headers: [], signingSecrets: [] }
  const header = (value: string, isSecret = true): EntrustedTarget => ({
    ...TARGET,
    headers: [{ name: 'X', value, isSecret }],
  })

  it.each([
    ['nothing', TARGET, []],
    ['no value of a header that is none', header('canary-1', false), []],
    ['a value', header('canary-1'), ['canary-1']],
    ['a value behind a scheme', header('Bearer canary-1'), ['canary-1']],
    ['a phrase', header('canary4711canary ab'), ['canary4711canary ab']],
    ['no guessable ones', header('abc'), []],
    [
      'user and password',
      header(`Basic ${base64('joe:canary-1')}`),
      [base64('joe:canary-1'), 'joe:canary-1', 'canary-1'],
    ],
    [
      'a key in the place of the user',
      header(`Basic ${base64('canary-1:')}`),
      [base64('canary-1:'), 'canary-1:', 'canary-1'],
    ],
    [
      'parameters of a header',
      header('Digest username="joe", response="canary-1"'),
      ['username="joe", response="canary-1"', 'canary-1'],
    ],
    [
      'a path as a whole, and segments that look like secrets',
      { ...TARGET, url: 'https://shop.example.com/services/B1/canary%204711' },
      ['/services/B1/canary%204711', '/services/B1/canary 4711', 'canary%204711', 'canary 4711'],
    ],
    [
      'segments that are words, but not those of any webhook',
      { ...TARGET, url: 'https://shop.example.com/services/mysecretword/product-updates/v2/webhooks' },
      ['/services/mysecretword/product-updates/v2/webhooks', 'mysecretword'],
    ],
    [
      'segments in UTF-8 and in Latin-1',
      { ...TARGET, url: 'https://shop.example.com/a/schl%C3%BCssel/schl%FCssel' },
      ['/a/schl%C3%BCssel/schl%FCssel', '/a/schlÃ¼ssel/schlüssel', 'schl%C3%BCssel', 'schlüssel', 'schl%FCssel'],
    ],
    ['parameters by their name', { ...TARGET, url: 'https://shop.example.com/?key=open&shop=shut' }, ['open']],
    ['parameters by their value', { ...TARGET, url: 'https://shop.example.com/?shop=canary4711' }, ['canary4711']],
    [
      'values that are words',
      { ...TARGET, url: 'https://shop.example.com/?a=products&b=mysecretword' },
      ['mysecretword'],
    ],
    ['what stands for a parameter', { ...TARGET, url: 'https://shop.example.com/?mysecretword' }, ['mysecretword']],
    [
      'a password in UTF-8',
      header(`Basic ${base64('joe:schlüssel')}`),
      [base64('joe:schlüssel'), 'joe:schlüssel', 'schlüssel'],
    ],
    [
      'a password in Latin-1',
      header(`Basic ${Buffer.from('joe:schlüssel', 'latin1').toString('base64')}`),
      [Buffer.from('joe:schlüssel', 'latin1').toString('base64'), 'joe:schlüssel', 'schlüssel'],
    ],
    [
      'signing secrets',
      { ...TARGET, signingSecrets: ['whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB'] },
      ['AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB', '01'.repeat(24)],
    ],
    ['no URL', { ...TARGET, url: 'canary' }, []],
  ] as const)('are %s', (_what, target, texts) => {
    expect(secretTextsOf(target)).toEqual(texts)
  })
})
