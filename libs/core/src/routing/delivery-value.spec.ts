import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { nestsDeeperThan } from '../kernel/json/json-depth.js'
import { deliveryValue } from './delivery-value.js'

const place = { epoch: 3, sequence: 18451n }

describe('deliveryValue', () => {
  it('keeps every byte of the event and adds the place as the last member', () => {
    const event = '{"price":89.00,"big":12345678901234567890,"b":1,"a":2}'
    expect(deliveryValue(Buffer.from(event), place)?.toString()).toBe(
      '{"price":89.00,"big":12345678901234567890,"b":1,"a":2,"order":{"epoch":3,"sequence":18451}}',
    )
  })

  it('accepts blanks after the object', () => {
    expect(deliveryValue(Buffer.from('{"a":1} \n\r\t'), place)?.toString()).toBe(
      '{"a":1,"order":{"epoch":3,"sequence":18451}}',
    )
  })

  it.each(['', '  ', '[1]', '{"a":1', '{"a":1}x'])('refuses %j', (text) => {
    expect(deliveryValue(Buffer.from(text), place)).toBeNull()
  })

  it('yields the event, its place and its entity for any object with a member; own ones of these names lose', () => {
    const text = fc.string({ unit: 'grapheme' })
    const entity = fc.record({ type: text, id: text, key: fc.option(text), url: fc.option(text) })
    fc.assert(
      fc.property(
        fc.dictionary(text, fc.jsonValue(), { minKeys: 1 }),
        fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }),
        fc.option(entity),
        (event, sequence, addressed) => {
          const own = { ...event, entity: 'own', order: 'own' }
          const value = deliveryValue(Buffer.from(JSON.stringify(own)), { epoch: 1, sequence }, addressed)
          expect(JSON.parse(String(value))).toEqual({
            ...(JSON.parse(JSON.stringify(own)) as object),
            ...(addressed && { entity: addressed }),
            order: { epoch: 1, sequence: Number(sequence) },
          })
        },
      ),
    )
  })

  it('never re-encodes an event, whose numbers could grow beyond what a record may hold', () => {
    const event = `{"data":[${'1e20,'.repeat(100)}1],"entity":{"type":"source","id":"pim"}}`
    const entity = { type: 'subscription', id: 'sub_1', key: null, url: null }
    const value = String(deliveryValue(Buffer.from(event), place, entity))
    expect(value.startsWith(event.slice(0, -1))).toBe(true)
    expect(value.slice(event.length - 1)).toBe(
      ',"entity":{"type":"subscription","id":"sub_1","key":null,"url":null},"order":{"epoch":3,"sequence":18451}}',
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
