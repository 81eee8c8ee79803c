import { describe, expect, it } from '@jest/globals'
import { KafkaLogAdmin, TransactionalProducer } from '@hooklane/kafka'
import type { Transaction } from 'kafkajs'
import { collect, eventually, kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
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

describe('the mended client on a real broker', () => {
  it('hands over no record of aborted transactions that overlap in a partition', async () => {
    const topic = await kafka.topic('overlap', 1)
    const [a, b, c] = await Promise.all([openTransaction('a'), openTransaction('b'), openTransaction('c')])
    for (const [transaction, value] of [
      [a, 'a1 aborted'],
      [b, 'b1 aborted'],
      [c, 'c1'],
      [a, 'a2 aborted'],
      [b, 'b2 aborted'],
      [c, 'c2'],
    ] as const) {
      await send(transaction, topic, value)
    }
    await a.abort()
    await send(b, topic, 'b3 aborted')
    await b.abort()
    await send(c, topic, 'c3')
    await c.commit()
    const seen = await collect(kafka.consumer({ group: kafka.name('overlap'), topics: [topic] }))
    const [ends] = await admin.offsets(topic)
    await eventually(() => expect(seen.end(0)).toBe(ends!.high))
    expect(seen.values()).toEqual(['c1', 'c2', 'c3'])
  })

  it('hands over a batch without records where only aborted records and markers lie, up to the end of the log', async () => {
    const topic = await kafka.topic('aborted-tail', 1)
    await kafka.producer().publish({ topic, key: 'k', value: 'first' })
    const transaction = await openTransaction('tail')
    await send(transaction, topic, 'aborted')
    await transaction.abort()
    const seen = await collect(kafka.consumer({ group: kafka.name('aborted-tail'), topics: [topic] }))
    await eventually(() => expect(seen.end(0)).toBe(3n))
    expect(seen.values()).toEqual(['first'])
  })

  it('reads past a batch that compaction emptied', async () => {
    const topic = await kafka.topic('compacted', 1, 'compact', {
      'segment.ms': '500',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '500',
      'delete.retention.ms': '100',
    })
    const producer = kafka.producer()
    await producer.publishAll(Array.from({ length: 10 }, (_, n) => ({ topic, key: `k${n % 2}`, value: `old ${n}` })))
    const transaction = await openTransaction('compacted')
    for (let n = 0; n < 5; n++) await send(transaction, topic, 'aborted')
    await transaction.abort()
    await eventually(async () => {
      await producer.publish({ topic, key: 'k0', value: 'new' })
      const reader = await collect(kafka.consumer({ group: kafka.name(`c${Math.random()}`), topics: [topic] }))
      const [ends] = await admin.offsets(topic)
      await eventually(() => expect(reader.end(0)).toBeGreaterThanOrEqual(ends!.high), 3000)
      const offsets = reader.batches.flatMap((batch) => batch.records.map((record) => record.offset))
      expect(offsets.filter((offset) => offset < 10n).length).toBeLessThan(10)
    }, 40_000)
  }, 60_000)

  it('hands over everything of a producer whose transactions follow each other', async () => {
    const topic = await kafka.topic('following', 1)
    const producer = await TransactionalProducer.open(kafka.client, { transactionalId: kafka.name('following') })
    kafka.closeLater(() => producer.close())
    for (let n = 0; n < 20; n++) await producer.commit([{ topic, key: 'k', value: String(n) }])
    const seen = await collect(kafka.consumer({ group: kafka.name('following'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toEqual(Array.from({ length: 20 }, (_, n) => String(n))))
  })
})
