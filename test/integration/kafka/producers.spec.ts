import { describe, expect, it } from '@jest/globals'
import { KafkaLogAdmin, ProducerLost, TransactionalProducer } from '@hooklane/kafka'
import { partitionOfKey } from '@hooklane/core/kernel'
import { collect, eventually, kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
const admin = new KafkaLogAdmin(kafka.client)

describe('the single-flight producer', () => {
  it('writes what is published at once in the order of the calls, one request after the other', async () => {
    const topic = await kafka.topic('order', 3)
    const producer = kafka.producer()
    const values = Array.from({ length: 3000 }, (_, n) => String(n))
    await producer.publishAll(values.map((value) => ({ topic, partition: Number(value) % 3, key: null, value })))
    const seen = await collect(kafka.consumer({ group: kafka.name('order'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toHaveLength(3000))
    for (const partition of [0, 1, 2]) {
      const own = seen.batches.filter((b) => b.partition === partition).flatMap((b) => b.records)
      expect(own.map((record) => record.value?.toString())).toEqual(values.filter((v) => Number(v) % 3 === partition))
    }
  })

  it('places a key where every Kafka client places it', async () => {
    const topic = await kafka.topic('keys', 5)
    const producer = kafka.producer()
    const keys = Array.from({ length: 50 }, (_, n) => `cmp_${n}`)
    await producer.publishAll(keys.map((key) => ({ topic, key, value: 'ours' })))
    const foreign = kafka.client.kafka.producer({ allowAutoTopicCreation: false })
    await foreign.connect()
    kafka.closeLater(() => foreign.disconnect())
    await foreign.send({ topic, messages: keys.map((key) => ({ key, value: 'theirs' })) })
    const seen = await collect(kafka.consumer({ group: kafka.name('keys'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toHaveLength(100))
    for (const record of seen.batches.flatMap((b) => b.records)) {
      expect(record.partition).toBe(partitionOfKey(record.key!, 5))
    }
  })

  it('the client resolves a send to a partition that does not exist without sending; ours rejects it alone', async () => {
    const topic = await kafka.topic('unknown-partition', 2)
    const producer = kafka.producer()
    const stock = kafka.client.kafka.producer({ allowAutoTopicCreation: false })
    await stock.connect()
    kafka.closeLater(() => stock.disconnect())
    expect(await stock.send({ topic, messages: [{ partition: 7, key: 'k', value: 'lost' }] })).toEqual([])
    const results = await Promise.allSettled([
      producer.publish({ topic, partition: 0, key: 'k', value: 'before' }),
      producer.publish({ topic, partition: 7, key: 'k', value: 'lost' }),
      producer.publish({ topic, partition: 0, key: 'k', value: 'after' }),
    ])
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'UNKNOWN_PARTITION' } })
  })

  it('rejects a record that is too large, and one for a missing topic, without harming the others', async () => {
    const topic = await kafka.topic('large', 1)
    const producer = kafka.producer()
    const results = await Promise.allSettled([
      producer.publish({ topic, key: 'k', value: 'x'.repeat(1_100_000) }),
      producer.publish({ topic: kafka.name('missing'), key: 'k', value: 'v' }),
      producer.publish({ topic, key: 'k', value: 'small' }),
      producer.publish({ topic, key: 'k', value: Buffer.alloc(990_000) }),
    ])
    expect(results.map((r) => (r.status === 'rejected' ? (r.reason as { code: string }).code : 'written'))).toEqual([
      'RECORD_TOO_LARGE',
      'UNKNOWN_TOPIC',
      'written',
      'written',
    ])
  })

  it('settles everything when it is closed, and takes nothing afterwards', async () => {
    const topic = await kafka.topic('closing', 1)
    const producer = kafka.producer()
    const published = producer.publishAll(Array.from({ length: 700 }, () => ({ topic, key: 'k', value: 'v' })))
    await producer.close()
    await published
    await expect(producer.publish({ topic, key: 'k', value: 'late' })).rejects.toMatchObject({ code: 'CLOSED' })
    expect((await admin.offsets(topic))[0]?.high).toBe(700n)
  })
})

describe('the transactional producer', () => {
  const open = async (id: string) => {
    const producer = await TransactionalProducer.open(kafka.client, { transactionalId: kafka.name(id) })
    kafka.closeLater(() => producer.close())
    return producer
  }

  it('commits records and consumed offsets together', async () => {
    const topic = await kafka.topic('together', 2)
    const producer = await open('together')
    const group = kafka.name('together')
    await producer.commit(
      [
        { topic, partition: 1, key: 'a', value: '1' },
        { topic, partition: 0, key: 'b', value: '2' },
      ],
      { group, offsets: [{ topic, partition: 0, offset: 42n }] },
    )
    // The commit is answered when the coordinator has decided; the group's partition learns of it a moment later. A successor's fence waits for that.
    await eventually(async () => {
      expect(await admin.committedOffsets(group, topic)).toEqual(
        new Map([
          [0, 42n],
          [1, null],
        ]),
      )
    })
    const seen = await collect(kafka.consumer({ group: kafka.name('together-read'), topics: [topic] }))
    await eventually(() => expect(seen.values().sort()).toEqual(['1', '2']))
  })

  it('commits offsets alone, transaction after transaction', async () => {
    const topic = await kafka.topic('offsets-only', 1)
    const producer = await open('offsets-only')
    const group = kafka.name('offsets-only')
    for (let n = 1n; n <= 50n; n++) await producer.commit([], { group, offsets: [{ topic, partition: 0, offset: n }] })
    await eventually(async () => expect((await admin.committedOffsets(group, topic)).get(0)).toBe(50n))
  })

  it('the one that opens an id later fences the earlier one, which learns it at its next commit', async () => {
    const topic = await kafka.topic('fence', 1)
    const first = await open('fence')
    await first.commit([{ topic, key: 'k', value: 'first' }])
    const second = await open('fence')
    const error = await first.commit([{ topic, key: 'k', value: 'zombie' }]).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ProducerLost)
    expect(error).toMatchObject({ fenced: true })
    await expect(first.commit([])).rejects.toBe(error)
    await second.commit([{ topic, key: 'k', value: 'second' }])
    const seen = await collect(kafka.consumer({ group: kafka.name('fence'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toEqual(['first', 'second']))
  })

  it('opening an id ends the transaction that its last holder left open: nothing of it is read', async () => {
    const topic = await kafka.topic('left-open', 1)
    const group = kafka.name('left-open')
    const stock = kafka.client.kafka.producer({ transactionalId: kafka.name('left-open'), maxInFlightRequests: 1 })
    await stock.connect()
    kafka.closeLater(() => stock.disconnect())
    const left = await stock.transaction()
    await left.send({ topic, messages: [{ partition: 0, value: 'left open' }] })
    await left.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: [{ partition: 0, offset: '9' }] }] })
    const producer = await open('left-open')
    expect((await admin.committedOffsets(group, topic)).get(0)).toBeNull()
    await producer.commit([{ topic, key: 'k', value: 'mine' }])
    const seen = await collect(kafka.consumer({ group: kafka.name('left-open-read'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toEqual(['mine']))
  })

  it('a record that can never be written is refused before anything is sent, and the producer stays usable', async () => {
    const topic = await kafka.topic('refused', 1)
    const producer = await open('refused')
    const fine = { topic, key: 'k', value: 'never' }
    await expect(producer.commit([fine, { ...fine, partition: 3 }])).rejects.toMatchObject({
      code: 'UNKNOWN_PARTITION',
    })
    expect(producer.lostBecause()).toBeNull()
    await producer.commit([{ topic, key: 'k', value: 'written' }])
    const seen = await collect(kafka.consumer({ group: kafka.name('refused'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toEqual(['written']))
  })

  it('splits what is too much for one request and commits all of it at once', async () => {
    const topic = await kafka.topic('many', 2)
    const producer = await open('many')
    const records = Array.from({ length: 1200 }, (_, n) => ({ topic, partition: n % 2, key: null, value: String(n) }))
    await producer.commit([...records, { topic, partition: 0, key: null, value: 'x'.repeat(600_000) }])
    const seen = await collect(kafka.consumer({ group: kafka.name('many'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toHaveLength(1201))
  })
})
