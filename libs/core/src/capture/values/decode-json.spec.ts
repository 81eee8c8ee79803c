import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { canonicalDecimal, exactNumber } from './decimal.js'
import { MAX_JSON_DEPTH, parseExactJson } from './decode-json.js'

describe('a number inside JSON', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['-0.0e5', 0],
    ['0.1', 0.1],
    ['1.10', 1.1],
    ['1E2', 100],
    ['1e21', 1e21],
    ['123456789012345600000000', 1.234567890123456e23],
    ['9007199254740993', null],
    ['9007199254740992', 9007199254740992],
    ['12345678901234567890', null],
    ['0.1000000000000000055', null],
    ['1e400', null],
    ['-1e400', null],
    ['1e-400', null],
    ['5e-324', 5e-324],
    ['4e-324', null],
    ['3.141592653589793', 3.141592653589793],
    ['3.1415926535897932', null],
  ])('%s is %s', (literal, expected) => {
    expect(exactNumber(literal)).toBe(expected)
    expect(parseExactJson(`{"a":[${literal}]}`)).toStrictEqual({ a: [expected ?? literal] })
    expect(parseExactJson(literal)).toBe(expected ?? literal)
  })

  it('what JavaScript prints is always a number, and the same one', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseExactJson(JSON.stringify([value]))).toStrictEqual([value + 0])
      }),
    )
  })

  it('a number never changes its decimal value', () => {
    const digits = fc.stringMatching(/^[0-9]{1,25}$/)
    const literal = fc
      .tuple(fc.constantFrom('', '-'), digits, fc.option(digits), fc.option(fc.integer({ min: -330, max: 330 })))
      .map(([sign, whole, fraction, exponent]) => {
        const integer = whole.replace(/^0+(?=.)/, '')
        return `${sign}${integer}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`
      })
    fc.assert(
      fc.property(literal, (text) => {
        const value = parseExactJson(text)
        if (typeof value === 'string') expect(value).toBe(text)
        else expect(canonicalDecimal(JSON.stringify(value))).toBe(canonicalDecimal(text))
      }),
    )
  })

  it.each([
    ['1.10', '11e-1'],
    ['-100', '-1e2'],
    ['000.000', '0'],
    ['1e99999999999999999999', '1e99999999999999999999'],
    ['.5', '5e-1'],
    ['x', null],
    ['', null],
    ['.', null],
  ])('the canonical spelling of %s is %s', (literal, expected) => {
    expect(canonicalDecimal(literal)).toBe(expected)
  })
})

describe('JSON text', () => {
  it('means what JSON.parse means, numbers apart', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), fc.boolean(), (text, isSlow) => {
        // A long number in front sends the text through the exact reader.
        const given = isSlow ? `[1.00000000000000000,${text}]` : `[1,${text}]`
        const expected: unknown = JSON.parse(`[1,${text}]`, (_, value: unknown) => (Object.is(value, -0) ? 0 : value))
        expect(parseExactJson(given)).toStrictEqual(expected)
      }),
    )
  })

  it.each(['12345678901234567890', '1'])('is refused when it is broken (beside %s)', (number) => {
    for (const text of [
      '{"a":}',
      '[1,]',
      '{"a" 1}',
      '{a:1}',
      '["\\x"]',
      '["\n"]',
      '[01]',
      '[1',
      '"',
      '[1]x',
      '{"a":1,}',
      '[tru]',
      '[+1]',
      '[.5]',
    ]) {
      expect(parseExactJson(`[${number},${text}]`)).toBeUndefined()
    }
    expect(parseExactJson('')).toBeUndefined()
  })

  it.each(['12345678901234567890', '1'])('keeps members named __proto__, and their order (beside %s)', (number) => {
    const value = parseExactJson(`{"z":${number},"__proto__":{"a":1},"b":2}`)
    expect(Object.keys(value as object)).toEqual(['z', '__proto__', 'b'])
    expect(JSON.stringify(value)).toContain('"__proto__":{"a":1}')
    expect(({} as { a?: number }).a).toBeUndefined()
  })

  it('the last of several members with one name counts', () => {
    expect(parseExactJson('{"a":1,"a":2}')).toEqual({ a: 2 })
    expect(parseExactJson('{"a":12345678901234567890,"a":2}')).toEqual({ a: 2 })
  })

  it('nested more deeply than events may be, it stays text', () => {
    const nested = (depth: number) => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2)
    expect(parseExactJson(nested(MAX_JSON_DEPTH))).toBeDefined()
    expect(parseExactJson(nested(MAX_JSON_DEPTH + 2))).toBeUndefined()
    expect(parseExactJson(nested(1_000_000))).toBeUndefined()
    expect(parseExactJson(`"${'['.repeat(1000)}"`)).toBe('['.repeat(1000))
  })

  it('a string of megabytes beside an inexact number is read', () => {
    const long = 'é\\"'.repeat(700_000)
    expect(parseExactJson(`[12345678901234567890,"${long}"]`)).toEqual(['12345678901234567890', 'é"'.repeat(700_000)])
  })
})
