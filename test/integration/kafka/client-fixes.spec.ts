import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { KafkaLogAdmin, TransactionalProducer } from '@hooklane/kafka'
import type { Transaction } from 'kafkajs'
import { collect, eventually, kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
const SEGMENT_MS = 500
const FILLER = 'x'.repeat(100_000)
const admin = new KafkaLogAdmin(kafka.client)

async function openTransaction(id: string): Promise<Transaction> {
  const producer = kafka.client.kafka.producer({
    transactionalId: kafka.name(id),
    maxInFlightRequests: 1,
    retry: { initialRetryTime: 10, maxRetryTime: 200 },
  })
  await producer.connect()
  kafka.closeLater(() => producer.disconnect())
  return producer.transaction()
}

const send = (transaction: Transaction, topic: string, value: string) =>
  transaction.send({ topic, messages: [{ partition: 0, key: 'k', value }] })

describe('the patched client on a real broker', () => {
  it('hands over no record of aborted transactions that overlap in a partition', async () => {
    const topic = await kafka.topic('overlap', 1)
    const [a, b, c, d] = await Promise.all(['a', 'b', 'c', 'd'].map(openTransaction))
    for (const [transaction, value] of [
      [a!, 'a aborted'],
      [b!, 'b aborted'],
      [c!, 'c aborted'],
      [d!, 'd1'],
    ] as const) {
      await send(transaction, topic, value)
    }
    // The broker lists aborted transactions in the order in which they ended: here the reverse of how they began.
    for (const transaction of [c!, b!, a!]) await transaction.abort()
    await send(d!, topic, 'd2')
    await d!.commit()
    const seen = await collect(kafka.consumer({ group: kafka.name('overlap'), topics: [topic] }))
    const [ends] = await admin.offsets(topic)
    await eventually(() => expect(seen.end(0)).toBe(ends!.high))
    expect(seen.values()).toEqual(['d1', 'd2'])
  })

  it('hands over a batch without records where only aborted records and markers lie, up to the end of the log', async () => {
    const topic = await kafka.topic('aborted-tail', 1)
    await kafka.producer().publish({ topic, key: 'k', value: 'first' })
    const seen = await collect(kafka.consumer({ group: kafka.name('aborted-tail'), topics: [topic] }))
    await eventually(() => expect(seen.end(0)).toBe(1n))
    const transaction = await openTransaction('tail')
    await send(transaction, topic, 'aborted')
    await transaction.abort()
    await eventually(() => expect(seen.end(0)).toBe(3n))
    expect(seen.values()).toEqual(['first'])
  })

  it('reads past a batch that compaction emptied', async () => {
    const topic = await kafka.topic('compacted', 1, 'compact', {
      'segment.ms': String(SEGMENT_MS),
      'segment.bytes': String(1024 * 1024),
      'min.cleanable.dirty.ratio': '0.01',
    })
    // Two of these segments are too large to be joined when they are cleaned.
    const filler = (name: string) => Array.from({ length: 7 }, (_, n) => ({ topic, key: `${name}${n}`, value: FILLER }))
    const [first, second] = [kafka.producer(), kafka.producer()]
    await first.publishAll(filler('a'))
    // The last batch of its producer: compaction keeps it without its record, at the end of its segment.
    await first.publish({ topic, key: 'k', value: 'superseded' })
    await delay(SEGMENT_MS + 100)
    await second.publish({ topic, key: 'k', value: 'newer' })
    await second.publishAll(filler('b'))
    await delay(SEGMENT_MS + 100)
    await second.publish({ topic, key: 'end', value: 'end' })
    await eventually(async () => {
      const reader = await collect(kafka.consumer({ group: kafka.name(`compacted-${Math.random()}`), topics: [topic] }))
      const [ends] = await admin.offsets(topic)
      await eventually(() => expect(reader.end(0)).toBe(ends!.high), 15_000)
      expect(reader.values().filter((value) => value !== FILLER)).toEqual(['newer', 'end'])
    })
  })

  it('hands over everything of a producer whose transactions follow each other', async () => {
    const topic = await kafka.topic('following', 1)
    const producer = await TransactionalProducer.open(kafka.client, { transactionalId: kafka.name('following') })
    kafka.closeLater(() => producer.close())
    for (let n = 0; n < 20; n++) await producer.commit([{ topic, key: 'k', value: String(n) }])
    const seen = await collect(kafka.consumer({ group: kafka.name('following'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toEqual(Array.from({ length: 20 }, (_, n) => String(n))))
  })
})
