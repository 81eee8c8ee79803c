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
/** The original mixes headers of these names up with what every object has. */
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

const read = (decode: Decode, encoded: Bytes, batchContext: object) =>
  decode(new Decoder(new Decoder(encoded.buffer).readVarIntBytes()), batchContext)

describe('records from Kafka', () => {
  it('are read as the original reads them, whatever they hold', () => {
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
})
