import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'

interface Encoded {
  readonly buffer: Buffer
}
type Produce = (request: object) => { readonly apiVersion: number; readonly encode: () => Promise<Encoded> }
type Wrap = (options: object) => Promise<Encoded>

const require = createRequire(import.meta.url)
// Order matters: the originals first, because the replacements use them for what they do not encode themselves.
const original = require('kafkajs/src/protocol/requests/produce/v3/request') as Produce
const originalWrap = require('kafkajs/src/protocol/request') as Wrap
const ours = require('../../client-fixes/encode-produce-request.cjs') as Produce
const oursWrap = require('../../client-fixes/encode-request.cjs') as Wrap
const sum = require('kafkajs/src/protocol/recordBatch/crc32C/crc32C') as (bytes: Buffer) => number
const oursSum = require('../../client-fixes/crc32c.cjs') as (bytes: Buffer, from: number, end: number) => number

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 90 }),
  fc.string({ minLength: 60, maxLength: 2_000 }),
)
const bytes = fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array))
const headers = fc.dictionary(text, fc.oneof(text, bytes, fc.array(text, { maxLength: 3 })), { maxKeys: 20 })
const message = fc.record(
  { key: fc.oneof(text, bytes, fc.constant(null)), value: fc.oneof(text, bytes, fc.constant(null)), headers },
  { requiredKeys: ['key', 'value'] },
)
const partition = fc.record({
  partition: fc.nat(100),
  firstSequence: fc.nat(2 ** 31 - 1),
  messages: fc.array(message, { minLength: 1, maxLength: 5 }),
})
const request = fc.record(
  {
    acks: fc.constantFrom(-1, 0, 1),
    timeout: fc.nat(60_000),
    transactionalId: fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 40 })),
    producerId: fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }).map(String),
    producerEpoch: fc.nat(30_000),
    topicData: fc.array(
      fc.record({
        topic: fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
        partitions: fc.array(partition, { maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['acks', 'timeout', 'topicData'] },
)

describe('requests to Kafka', () => {
  beforeEach(() => {
    jest.spyOn(Date, 'now').mockReturnValue(1_790_000_000_123)
  })
  afterEach(() => {
    jest.restoreAllMocks()
  })

  it('contain the bytes that the original encoder writes, whatever the records contain', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (given) => {
        const expected = (await original(given).encode()).buffer
        expect((await ours(given).encode()).buffer.equals(expected)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('number records beyond one byte as the original does', async () => {
    const messages = Array.from({ length: 9_000 }, (_, index) => ({ key: null, value: String(index) }))
    const given = {
      acks: -1,
      timeout: 1,
      topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages }] }],
    }
    const expected = (await original(given).encode()).buffer
    expect((await ours(given).encode()).buffer.equals(expected)).toBe(true)
  })

  it('are left to the original encoder when a record has its own timestamp', async () => {
    const messages = [{ key: null, value: 'x', timestamp: '1700000000000' }]
    const given = {
      acks: -1,
      timeout: 1,
      topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages }] }],
    }
    const expected = (await original(given).encode()).buffer
    expect((await ours(given).encode()).buffer.equals(expected)).toBe(true)
  })

  it('are wrapped in the header that the original writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.option(text), request, async (correlationId, clientId, given) => {
        const options = { correlationId, clientId, request: original(given) }
        const expected = (await originalWrap(options)).buffer
        expect((await oursWrap(options)).buffer.equals(expected)).toBe(true)
        expect((await oursWrap({ ...options, request: ours(given) })).buffer.equals(expected)).toBe(true)
        expect((await originalWrap({ ...options, request: ours(given) })).buffer.equals(expected)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('have the checksum that the original computes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (array, skip) => {
        const given = Buffer.from(array)
        const from = Math.min(skip, given.length)
        expect(oursSum(given, from, given.length)).toBe(sum(given.subarray(from)))
      }),
    )
  })
})
