import { describe, expect, it } from '@jest/globals'
import type { RecordRef } from '@hooklane/core/lane'
import { deliveryValue } from '@hooklane/core/routing'
import { DecodedEvents } from './decoded-events.js'

const eventOf = (change: object = {}) => ({
  ...{ id: 'evt_1', producer: 'pim', type: 'products.updated', companyId: 'cmp_7', occurredAt: '2026-03-02T08:15:04Z' },
  entity: { type: 'product', id: 'prd_9001' },
  revision: { id: '0001-01', operation: 'update', number: 43 },
  data: { name: 'Lamp' },
  ...change,
})

/** A delivery of an event, as the router writes it. */
function recordOf(event: object | string, { sequence = 7n, offset = 12n, streamEpoch = 1 } = {}): RecordRef {
  const bytes = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event))
  const value = deliveryValue(bytes, { epoch: streamEpoch, sequence })
  return { value, sequence, streamEpoch, source: { topic: 'hooklane.events', partition: 3, offset } } as RecordRef
}

describe('events of deliveries', () => {
  it('are decoded once for all apps, each delivery with its own order', () => {
    const events = new DecodedEvents()
    const first = events.of(recordOf(eventOf(), { sequence: 7n }))
    const second = events.of(recordOf(eventOf(), { sequence: 900n, streamEpoch: 2 }))
    expect(second?.event).toBe(first?.event)
    expect([first?.order, second?.order]).toEqual([
      { epoch: 1, sequence: 7 },
      { epoch: 2, sequence: 900 },
    ])
    expect(first?.event).toEqual(eventOf())
  })

  it('are never mistaken for another event at the same offset', () => {
    const events = new DecodedEvents()
    events.of(recordOf(eventOf({ data: { name: 'Lamp' } })))
    expect(events.of(recordOf(eventOf({ data: { name: 'Lawn' } })))?.event.data).toEqual({ name: 'Lawn' })
    expect(events.of(recordOf(eventOf({ data: { name: 'Lamp' } })))?.event.data).toEqual({ name: 'Lamp' })
  })

  it('that contain a member `order` of their own get the order that the router wrote', () => {
    const events = new DecodedEvents()
    const record = recordOf(eventOf({ order: { epoch: 9, sequence: 9 } }))
    for (const _ of ['read', 'remembered']) expect(events.of(record)?.order).toEqual({ epoch: 1, sequence: 7 })
  })

  it('whose order differs from the headers are decoded each time, with their own order', () => {
    const events = new DecodedEvents()
    const record = { ...recordOf(eventOf()), sequence: 8n }
    const [first, second] = [events.of(record), events.of(record)]
    expect(first?.order).toEqual({ epoch: 1, sequence: 7 })
    expect(second?.event).not.toBe(first?.event)
  })

  it('are null for a value that is not a delivery, even at the offset of a known event', () => {
    const events = new DecodedEvents()
    events.of(recordOf(eventOf()))
    for (const text of ['{"id":1}', '{"id":"evt_1",}', '{}']) expect(events.of(recordOf(text))).toBeNull()
    expect(events.of({ ...recordOf(eventOf()), value: Buffer.from('not json') })).toBeNull()
  })

  it('are evicted when they take too much memory, the oldest first', () => {
    const events = new DecodedEvents(2 * JSON.stringify(eventOf()).length)
    const at = (offset: bigint) => events.of(recordOf(eventOf(), { offset }))?.event
    const [one, two] = [at(1n), at(2n)]
    expect(at(1n)).toBe(one)
    at(3n)
    expect(at(2n)).toBe(two)
    expect(at(1n)).not.toBe(one)
  })
})
