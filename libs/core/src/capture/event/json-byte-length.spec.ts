import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { jsonByteLength, JsonSizes } from './json-byte-length.js'

const printed = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

describe('the bytes of a value as JSON', () => {
  it('are those that JSON.stringify prints', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\ud83d', '\ude00', '"', '\\', '\n', '\u0001', 'é', '€', 'a') }),
    )
    const value = fc.letrec((tie) => ({
      value: fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), tie('array'), tie('object')),
      array: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(text, fc.oneof(tie('value'), fc.constant(undefined)), { maxKeys: 4 }),
    })).value
    fc.assert(
      fc.property(value, (one) => {
        const finite = JSON.parse(JSON.stringify(one)) as unknown
        expect(jsonByteLength(finite)).toBe(printed(finite))
        const sizes = new JsonSizes()
        expect([sizes.of(finite), sizes.of([finite, finite])]).toEqual([printed(finite), printed([finite, finite])])
      }),
    )
  })

  it('leave out members without a value', () => {
    expect(jsonByteLength({ a: undefined, b: 1 })).toBe(printed({ b: 1 }))
  })

  it('are known of text whose escaped form is longer than a string may be', () => {
    expect(jsonByteLength('\u0001'.repeat(100_000_000))).toBe(600_000_002)
  })
})
