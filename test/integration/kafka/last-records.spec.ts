import { describe, expect, it } from '@jest/globals'
import { lastRecords, TransactionalProducer } from '@hooklane/kafka'
import type { LogRecord } from '@hooklane/core/kernel'
import { kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
const producer = kafka.producer()
const groupPrefix = kafka.name('last')
const values = (records: readonly LogRecord[] | undefined) => records?.map((record) => record.value?.toString())

describe('the last records of each partition', () => {
  it('are read back from the end; a partition with fewer gives what it has', async () => {
    const topic = await kafka.topic('plain', 3)
    for (let n = 0; n < 100; n++) void producer.publish({ topic, partition: 0, key: null, value: String(n) })
    await producer.publish({ topic, partition: 1, key: null, value: 'only' })
    const last = await lastRecords(kafka.client, { topic, count: 3, groupPrefix })
    expect(values(last.get(0))).toEqual(['97', '98', '99'])
    expect(values(last.get(1))).toEqual(['only'])
    expect(values(last.get(2))).toEqual([])
  })

  it('are found behind markers and aborted records, however many lie at the end', async () => {
    const topic = await kafka.topic('behind-markers', 1)
    const transactional = await TransactionalProducer.open(kafka.client, { transactionalId: kafka.name('markers') })
    for (let n = 0; n < 12; n++) await transactional.commit([{ topic, key: 'k', value: String(n) }])
    await transactional.close()
    const stock = kafka.client.kafka.producer({ transactionalId: kafka.name('aborted'), maxInFlightRequests: 1 })
    await stock.connect()
    kafka.closeLater(() => stock.disconnect())
    const aborted = await stock.transaction()
    await aborted.send({ topic, messages: Array.from({ length: 100 }, () => ({ partition: 0, value: 'aborted' })) })
    await aborted.abort()
    const last = await lastRecords(kafka.client, { topic, count: 4, groupPrefix })
    expect(values(last.get(0))).toEqual(['8', '9', '10', '11'])
  })

  it('can be those of one producer among many', async () => {
    const topic = await kafka.topic('mixed', 1)
    await producer.publishAll([
      { topic, key: 'k', value: 'mine 1' },
      { topic, key: 'k', value: 'mine 2' },
    ])
    await producer.publishAll(Array.from({ length: 300 }, () => ({ topic, key: 'k', value: 'theirs' })))
    const where = (record: LogRecord) => record.value?.toString().startsWith('mine') ?? false
    const last = await lastRecords(kafka.client, { topic, count: 1, groupPrefix, where })
    expect(values(last.get(0))).toEqual(['mine 2'])
  })

  it('before a given offset nothing is looked for; an offset beyond the end is of another topic', async () => {
    const topic = await kafka.topic('since', 1)
    await producer.publishAll(['mine 1', 'mine 2'].map((value) => ({ topic, key: 'k', value })))
    await producer.publishAll(Array.from({ length: 30 }, () => ({ topic, key: 'k', value: 'theirs' })))
    const where = (record: LogRecord) => record.value?.toString().startsWith('mine') ?? false
    const since = async (offset: bigint) =>
      values(
        (await lastRecords(kafka.client, { topic, count: 1, groupPrefix, where, since: new Map([[0, offset]]) })).get(
          0,
        ),
      )
    expect(await since(1n)).toEqual(['mine 2'])
    expect(await since(2n)).toEqual([])
    expect(await since(33n)).toEqual(['mine 2'])
  })

  it('a trimmed log gives none', async () => {
    const topic = await kafka.topic('trimmed', 1)
    await producer.publish({ topic, key: 'k', value: 'gone' })
    const raw = kafka.client.kafka.admin()
    await raw.connect()
    await raw.fetchTopicOffsets(topic)
    await raw.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] })
    await raw.disconnect()
    expect(await lastRecords(kafka.client, { topic, count: 5, groupPrefix })).toEqual(new Map([[0, []]]))
  })
})
