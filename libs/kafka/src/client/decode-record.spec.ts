import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

interface Bytes {
  readonly buffer: Buffer
}
type Decode = (decoder: object, context: object) => { readonly headers: Record<string, unknown> }

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => { readVarIntBytes: () => Buffer }
const encode = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => Bytes
const original = require('kafkajs/src/protocol/recordBatch/record/v0/decoder') as Decode
const ours = require('../../client-fixes/decode-record.cjs') as Decode

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 40 }))
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const part = fc.oneof(text, bytes)
/** The original confuses headers of these names with members that every object has. */
const safeName = text.filter((name) => !(name in {}))
const record = fc.record({
  offsetDelta: fc.nat(2 ** 30),
  timestampDelta: fc.oneof(fc.integer(), fc.maxSafeInteger()),
  key: fc.option(part),
  value: fc.option(part),
  headers: fc.dictionary(safeName, fc.oneof(part, fc.array(part, { maxLength: 3 })), { maxKeys: 20 }),
})
const context = fc.record({
  firstOffset: fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String),
  firstTimestamp: fc.bigInt({ min: -1n, max: 2n ** 45n }).map(String),
  maxTimestamp: fc.constant('1790000000000'),
  magicByte: fc.constant(2),
  isControlBatch: fc.boolean(),
  timestampType: fc.constantFrom(0, 1),
})

/** −1: absent. */
const ABSENT = 1

/** Encodes a count as it is encoded in records. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value * 2
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return [...bytes, rest]
}

/** The bytes of a record from its attributes on. */
const decodeBytes = (bytes: readonly number[] | Buffer) =>
  ours(new Decoder(Buffer.from(bytes)), { firstOffset: '7', firstTimestamp: '0' })

const read = (decode: Decode, encoded: Bytes, batchContext: object) =>
  decode(new Decoder(new Decoder(encoded.buffer).readVarIntBytes()), batchContext)

describe('records from Kafka', () => {
  it('are decoded as the original decodes them, whatever they contain', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 4 }), context, (records, batchContext) => {
        for (const given of records) {
          const encoded = encode(given)
          expect(read(ours, encoded, batchContext)).toEqual(read(original, encoded, batchContext))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keep headers that are named like members of every object', () => {
    const headers = JSON.parse('{"__proto__":"text","constructor":"other"}') as object
    const { headers: found } = read(ours, encode({ key: null, value: null, headers }), {
      firstOffset: '0',
      firstTimestamp: '0',
    })
    expect(Object.keys(found)).toEqual(['__proto__', 'constructor'])
    expect(String(Object.values(found)[0])).toBe('text')
  })

  it('cost no more for many headers of one name than the same headers in many records', () => {
    const recordOf = (count: number) =>
      Buffer.from([0, 0, 0, ABSENT, ABSENT, ...varint(count), ...Buffer.alloc(3 * count, Buffer.from([2, 0x61, 0]))])
    // CPU time, which other processes do not add to.
    const costOf = (records: readonly Buffer[]) => {
      const begin = process.cpuUsage()
      for (const bytes of records) expect(decodeBytes(bytes).headers).toHaveProperty('a')
      const { user, system } = process.cpuUsage(begin)
      return user + system
    }
    const many = costOf(Array<Buffer>(100).fill(recordOf(1000)))
    expect(costOf([recordOf(100_000)])).toBeLessThan(20 * many)
  })

  it('a negative length means absent, and the following fields are read correctly', () => {
    const minusTwelve = 23
    expect(decodeBytes([0, 0, 0, minusTwelve, minusTwelve, 2, 2, 0x61, minusTwelve])).toMatchObject({
      key: null,
      value: null,
      headers: { a: null },
    })
  })

  it.each([
    ['more headers than there are bytes', [0, 0, 0, ABSENT, ABSENT, ...varint(2 ** 29)]],
    ['a negative number of headers', [0, 0, 0, ABSENT, ABSENT, 1]],
    ['a key that ends beyond the record', [0, 0, 0, 40, 0x61]],
    ['a value that ends beyond the record', [0, 0, 0, ABSENT, 40, 0x61]],
    ['a header that ends beyond the record', [0, 0, 0, ABSENT, ABSENT, 2, 2, 0x61, 40]],
    ['no number of headers', [0, 0, 0, ABSENT, ABSENT]],
    ['a number without end', [0, 0, 0, ...Array<number>(9).fill(0x80), 1, ABSENT, 0]],
  ])('a damaged one, with %s, ends its reader instead of being fetched for ever', async (_, bytes) => {
    const retrier = require('kafkajs/src/retry') as (
      options: object,
    ) => (work: () => Promise<unknown>) => Promise<unknown>
    let tries = 0
    const reading = retrier({ retries: 2, initialRetryTime: 1 })(() => {
      tries += 1
      return Promise.resolve().then(() => decodeBytes(bytes))
    })
    await expect(reading).rejects.toThrow('of the batch at offset 7 is damaged')
    expect(tries).toBe(1)
  })
})
