import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hash } from 'node:crypto'
import type { JsonValue } from '@hooklane/contracts/public'
import { canonicalJson, stateHash } from './canonical-json.js'

describe('canonical JSON', () => {
  it('is the example of RFC 8785', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('orders names by their UTF-16 code units, as the RFC shows', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6']
    const sorted = Object.keys(JSON.parse(canonicalJson(Object.fromEntries(names.map((name) => [name, 0])))) as object)
    // `1` first: JavaScript moves names that look like indexes.
    expect(sorted).toEqual(['1', '\r', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'])
    expect(canonicalJson({ '\u{1f600}': 0, '\ufb33': 0, '\r': 0, '1': 0 })).toBe(
      '{"\\r":0,"1":0,"\u{1f600}":0,"\ufb33":0}',
    )
  })

  it('holds the same value, whatever the order of members was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as JsonValue)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value as JsonValue))).toBe(text)
      }),
    )
  })

  it('a member named __proto__ counts', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}') as JsonValue)).toBe('{"__proto__":{"a":1},"b":1}')
  })

  it('the hash is that of its UTF-8 bytes', () => {
    // printf '%s' '{"a":"ö"}' | sha256sum
    expect(stateHash({ a: 'ö' })).toBe('sha-256:0c012ddd20b0a67114dcf3b03080ac1c51e5b0b4c96c4bb42033c7e444d2fe2c')
  })

  it('the hash is the same in pieces, also where a piece ends within a character', () => {
    for (const shift of [0, 1, 2]) {
      const value = { a: 'x'.repeat(shift) + '\u{1f600}'.repeat(1_200_000), b: ['\ud83d'.repeat(1_100_000), 1] }
      expect(stateHash(value)).toBe(`sha-256:${hash('sha256', canonicalJson(value))}`)
      expect(canonicalJson(value)).toBe(JSON.stringify(value))
    }
  })
})

function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]): [string, JsonValue] => [name, reversed(member)])
  return Object.fromEntries(members.reverse())
}
