import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { nestsDeeperThan } from './json-depth.js'
import { spliceOrder } from './splice-order.js'

const place = { epoch: 3, sequence: 18451n }

describe('spliceOrder', () => {
  it('keeps every byte of the event and adds the place as the last member', () => {
    const event = '{"price":89.00,"big":12345678901234567890,"b":1,"a":2}'
    expect(spliceOrder(Buffer.from(event), place)?.toString()).toBe(
      '{"price":89.00,"big":12345678901234567890,"b":1,"a":2,"order":{"epoch":3,"sequence":18451}}',
    )
  })

  it('accepts blanks after the object', () => {
    expect(spliceOrder(Buffer.from('{"a":1} \n\r\t'), place)?.toString()).toBe(
      '{"a":1,"order":{"epoch":3,"sequence":18451}}',
    )
  })

  it.each(['', '  ', '[1]', '{"a":1', '{"a":1}x'])('refuses %j', (text) => {
    expect(spliceOrder(Buffer.from(text), place)).toBeNull()
  })

  it('yields the event and its place for any object with a member, an own "order" loses', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { minKeys: 1 }),
        fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }),
        (event, sequence) => {
          const text = JSON.stringify({ ...event, order: 'own' })
          const value = spliceOrder(Buffer.from(text), { epoch: 1, sequence })
          expect(JSON.parse(String(value))).toEqual({
            ...(JSON.parse(text) as object),
            order: { epoch: 1, sequence: Number(sequence) },
          })
        },
      ),
    )
  })
})

describe('nestsDeeperThan', () => {
  it('counts arrays and objects, not brackets in strings', () => {
    expect(nestsDeeperThan(Buffer.from('{"a":[{"b":1}],"c":"[[[[[\\"[[[["}'), 3)).toBe(false)
    expect(nestsDeeperThan(Buffer.from('{"a":[{"b":[]}]}'), 3)).toBe(true)
  })

  it('agrees with a recursive count for any JSON', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map((child) => depthOf(child)))
        : 0
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 8 }), (value, limit) => {
        expect(nestsDeeperThan(Buffer.from(JSON.stringify(value)), limit)).toBe(depthOf(value) > limit)
      }),
    )
  })
})
