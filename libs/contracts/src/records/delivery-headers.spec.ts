import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  decodeDeliveryHeaders,
  decodeStreamEndHeaders,
  encodeDeliveryHeaders,
  encodeStreamEndHeaders,
  isStreamEnd,
} from './delivery-headers.js'
import type { DeliveryHeaders, StreamEndHeaders } from './delivery.js'

const id = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
  minLength: 1,
  maxLength: 128,
})
const int64 = fc.bigInt(0n, 2n ** 63n - 1n)

const deliveryHeaders: fc.Arbitrary<DeliveryHeaders> = fc.record({
  kind: fc.constant('delivery'),
  deliveryId: id,
  companyId: id,
  companyIncarnation: fc.integer({ min: 1 }),
  sequence: fc.bigInt(1n, 2n ** 53n),
  position: fc.option(fc.constant('0001-000000000152BAC0-000000000152BA40-0002-0')),
  source: fc.record({
    topic: fc.stringMatching(/^[a-zA-Z0-9._-]{1,60}$/),
    partition: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    offset: int64,
  }),
  routedAt: fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  streamEpoch: fc.integer({ min: 1 }),
  subscriptionId: id,
  subscriptionVersion: int64,
  routeVersion: fc.nat(),
  streamVersion: fc.nat(),
  mode: fc.constantFrom('live', 'replay', 'snapshot'),
  reason: fc.constantFrom('event', 'snapshot', 'catchUp', 'replay', 'redrive', 'test'),
})

const asBytes = (headers: Record<string, string>): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]))

describe('delivery headers', () => {
  it('decode to what was encoded', () => {
    fc.assert(
      fc.property(deliveryHeaders, (headers) => {
        expect(decodeDeliveryHeaders(asBytes(encodeDeliveryHeaders(headers)))).toEqual({ ok: true, value: headers })
      }),
    )
  })

  it('name the source as topic, partition and offset', () => {
    const [headers] = fc.sample(deliveryHeaders, 1) as [DeliveryHeaders]
    const source = { topic: 'hooklane.events', partition: 4, offset: 17n }
    expect(encodeDeliveryHeaders({ ...headers, source })['hooklane-source']).toBe('hooklane.events/4/17')
  })

  it('any bytes in any header give a value or a reason, never an error', () => {
    const damage = fc.record({ name: fc.nat(), value: fc.uint8Array({ maxLength: 40 }) })
    fc.assert(
      fc.property(deliveryHeaders, fc.array(damage, { maxLength: 4 }), (headers, damages) => {
        const bytes = asBytes(encodeDeliveryHeaders(headers))
        const names = Object.keys(bytes)
        for (const { name, value } of damages) bytes[names[name % names.length]!] = value
        const decoded = decodeDeliveryHeaders(bytes)
        if (decoded.ok) expect(decodeDeliveryHeaders(asBytes(encodeDeliveryHeaders(decoded.value)))).toEqual(decoded)
        else expect(decoded.reason).toMatch(/^header:hooklane-/)
      }),
    )
  })

  it('every header except the position and the incarnation is required', () => {
    const optional = ['hooklane-position', 'hooklane-company-incarnation']
    fc.assert(
      fc.property(deliveryHeaders, fc.nat(), (headers, n) => {
        const bytes = asBytes(encodeDeliveryHeaders(headers))
        const names = Object.keys(bytes).filter((name) => !optional.includes(name))
        const missing = names[n % names.length]!
        const { [missing]: _, ...rest } = bytes
        expect(decodeDeliveryHeaders(rest)).toEqual({ ok: false, reason: `header:${missing}` })
      }),
    )
  })

  it('belong to the first incarnation of the company if they name none', () => {
    const [headers] = fc.sample(deliveryHeaders, 1) as [DeliveryHeaders]
    const { 'hooklane-company-incarnation': _, ...rest } = asBytes(encodeDeliveryHeaders(headers))
    expect(decodeDeliveryHeaders(rest)).toEqual({ ok: true, value: { ...headers, companyIncarnation: 1 } })
  })

  it.each([
    ['hooklane-sequence', '0'],
    ['hooklane-sequence', '01'],
    ['hooklane-sequence', '1e3'],
    ['hooklane-sequence', '9223372036854775808'],
    ['hooklane-source', 'events/1'],
    ['hooklane-source', 'events/1/2/3'],
    ['hooklane-source', 'events/-1/2'],
    ['hooklane-stream-epoch', '9007199254740993'],
    ['hooklane-stream-epoch', '2147483648'],
    ['hooklane-company-incarnation', '0'],
    ['hooklane-kind', 'ended'],
    ['hooklane-delivery', 'a b'],
    ['hooklane-delivery', ''],
    ['hooklane-company', 'größe'],
    ['hooklane-schema', 'delivery/2'],
  ])('%s: %j is refused', (name, value) => {
    const [headers] = fc.sample(deliveryHeaders, 1) as [DeliveryHeaders]
    const bytes = { ...asBytes(encodeDeliveryHeaders(headers)), [name]: Buffer.from(value) }
    expect(decodeDeliveryHeaders(bytes)).toEqual({ ok: false, reason: `header:${name}` })
  })
})

describe('headers of a stream end', () => {
  const streamEnd: fc.Arbitrary<StreamEndHeaders> = fc.record({
    kind: fc.constant('ended'),
    companyId: id,
    sequence: fc.bigInt(0n, 2n ** 53n),
    streamEpoch: fc.integer({ min: 1 }),
    routedAt: fc.constant('2026-03-02T08:15:04.190Z'),
  })

  it('decode to what was encoded, and are never decoded as those of a delivery', () => {
    fc.assert(
      fc.property(streamEnd, deliveryHeaders, (end, delivery) => {
        const bytes = asBytes(encodeStreamEndHeaders(end))
        expect(isStreamEnd(bytes)).toBe(true)
        expect(decodeStreamEndHeaders(bytes)).toEqual({ ok: true, value: end })
        expect(decodeDeliveryHeaders(bytes).ok).toBe(false)
        expect(isStreamEnd(asBytes(encodeDeliveryHeaders(delivery)))).toBe(false)
      }),
    )
  })

  it('any bytes in any header give a value or a reason, never an error', () => {
    fc.assert(
      fc.property(streamEnd, fc.nat(), fc.uint8Array({ maxLength: 40 }), (end, n, value) => {
        const bytes = asBytes(encodeStreamEndHeaders(end))
        const names = Object.keys(bytes)
        const decoded = decodeStreamEndHeaders({ ...bytes, [names[n % names.length]!]: value })
        if (!decoded.ok) expect(decoded.reason).toMatch(/^header:hooklane-/)
      }),
    )
  })
})
