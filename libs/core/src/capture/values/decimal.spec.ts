import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { canonicalDecimal } from './decimal.js'

describe('the canonical spelling of a decimal', () => {
  it('is one for all spellings of a value, however long its exponent is', () => {
    const digits = fc.stringMatching(/^[09]{0,20}[1-9][0-9]{0,30}$/)
    const sign = fc.constantFrom('', '-', '+')
    const zeros = fc.integer({ min: 0, max: 40 }).map((count) => '0'.repeat(count))
    fc.assert(
      fc.property(digits, sign, digits, zeros, zeros, (significand, expSign, exponent, before, behind) => {
        const power = BigInt(`${expSign === '-' ? '-' : ''}${exponent}`)
        const expected = canonicalDecimal(`${significand}e${power.toString()}`)
        const moved = `${before}.${before}${significand}${behind}e${(power + BigInt(before.length + significand.length)).toString()}`
        expect(canonicalDecimal(moved)).toBe(expected)
        expect(canonicalDecimal(`${significand}${behind}e${expSign}${behind}${exponent}`)).toBe(
          canonicalDecimal(`${significand}e${(power + BigInt(behind.length)).toString()}`),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['1e1000000000000000', '1e1000000000000000'],
    ['10e999999999999999', '1e1000000000000000'],
    ['10e9999999999999999999', '1e10000000000000000000'],
    ['0.1e10000000000000000000', '1e9999999999999999999'],
    ['10e-10000000000000000000', '1e-9999999999999999999'],
    ['0.1e-9999999999999999999', '1e-10000000000000000000'],
    ['0.1e1000000000000000', '1e999999999999999'],
    ['1e-0', '1e0'],
    ['10e-1', '1e0'],
    ['-00.500e+007', '-5e6'],
  ])('of %s is %s', (literal, expected) => expect(canonicalDecimal(literal)).toBe(expected))
})
