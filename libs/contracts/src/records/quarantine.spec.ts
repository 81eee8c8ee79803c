import { describe, expect, it } from '@jest/globals'
import { decodeQuarantined, encodeQuarantined, MAX_QUARANTINED_BYTES } from './quarantine.js'

const origin = { topic: 'hooklane.events', partition: 3, offset: 12_345_678_901n }
const base = { reason: 'schema:/entity/id', origin, service: 'router', at: '2026-03-02T08:15:04.190Z' }
const asBuffers = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]))

describe('a quarantined record', () => {
  it('keeps bytes, key and origin, whatever the bytes are', () => {
    const value = Buffer.from([0xff, 0xfe, 0x00, 0x7b])
    const encoded = encodeQuarantined({ ...base, key: Buffer.from([0xc3, 0x28]), value })
    expect(decodeQuarantined(encoded.value, asBuffers(encoded.headers))).toEqual({
      ...base,
      key: Buffer.from([0xc3, 0x28]),
      value,
      valueBytes: 4,
    })
  })

  it('distinguishes a missing value and key from empty ones', () => {
    const missing = encodeQuarantined({ ...base, key: null, value: null })
    expect(decodeQuarantined(missing.value, asBuffers(missing.headers))).toMatchObject({
      key: null,
      value: null,
      valueBytes: null,
    })
    const empty = encodeQuarantined({ ...base, key: Buffer.alloc(0), value: Buffer.alloc(0) })
    expect(decodeQuarantined(empty.value, asBuffers(empty.headers))).toMatchObject({
      key: Buffer.alloc(0),
      value: Buffer.alloc(0),
      valueBytes: 0,
    })
  })

  it('always fits into the record size that a broker accepts, and holds the length of the original', () => {
    const encoded = encodeQuarantined({ ...base, key: Buffer.alloc(500_000), value: Buffer.alloc(5_000_000) })
    const headerBytes = Object.entries(encoded.headers).reduce(
      (sum, [name, text]) => sum + name.length + text.length,
      0,
    )
    expect(encoded.value?.length).toBe(MAX_QUARANTINED_BYTES)
    expect(MAX_QUARANTINED_BYTES + headerBytes).toBeLessThan(990_000)
    expect(decodeQuarantined(encoded.value, asBuffers(encoded.headers))?.valueBytes).toBe(5_000_000)
  })

  it('is not read from other headers', () => {
    expect(decodeQuarantined(Buffer.from('{}'), {})).toBeNull()
  })
})
