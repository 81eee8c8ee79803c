import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { KafkaLogAdmin } from '@hooklane/kafka'
import { collect, eventually, kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
const admin = new KafkaLogAdmin(kafka.client)
const producer = kafka.producer()

const publish = (topic: string, partition: number, values: readonly string[]) =>
  producer.publishAll(values.map((value) => ({ topic, partition, key: 'k', value })))
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => String(n + from))

describe('a member of a consumer group', () => {
  it('delivers nothing of a partition that was paused when it was assigned, and all of it once it is sought and resumed', async () => {
    const topic = await kafka.topic('paused', 2)
    await publish(topic, 0, numbers(10))
    await publish(topic, 1, ['other'])
    const consumer = kafka.consumer({ group: kafka.name('paused'), topics: [topic] })
    const seen = await collect(consumer, { onAssigned: (_, control) => control.pause([{ topic, partition: 0 }]) })
    await eventually(() => expect(seen.values()).toEqual(['other']))
    consumer.seek({ topic, partition: 0 }, 4n)
    consumer.resume([{ topic, partition: 0 }])
    await eventually(() => expect(seen.values()).toEqual(['other', ...numbers(6, 4)]))
  })

  it('says where a batch ends and where the log ends', async () => {
    const topic = await kafka.topic('ends', 1)
    await publish(topic, 0, numbers(3))
    const seen = await collect(kafka.consumer({ group: kafka.name('ends'), topics: [topic] }))
    await eventually(() => expect(seen.batches).toHaveLength(1))
    expect(seen.batches[0]).toMatchObject({ topic, partition: 0, endOffset: 3n, highWatermark: 3n })
    expect(seen.batches[0]?.records[1]).toMatchObject({ offset: 1n, key: Buffer.from('k'), value: Buffer.from('1') })
  })

  it('drops what was fetched before a seek', async () => {
    const topic = await kafka.topic('stale', 2)
    await publish(topic, 0, numbers(5))
    await publish(topic, 1, numbers(5, 100))
    const consumer = kafka.consumer({ group: kafka.name('stale'), topics: [topic] })
    let sought = false
    const seen = await collect(consumer, {
      // One fetch brings both partitions: while the first is handed over, the other is sought.
      onBatch: (batch) => {
        if (sought) return
        sought = true
        consumer.seek({ topic, partition: 1 - batch.partition }, 3n)
      },
    })
    await eventually(() => expect(seen.values()).toHaveLength(7))
    const other = seen.batches.filter((b) => b.partition !== seen.batches[0]?.partition)
    expect(other.flatMap((b) => b.records.map((r) => r.offset))).toEqual([3n, 4n])
  })

  it('reads a partition that it kept through a rebalance again from the commit, unless it is sought', async () => {
    const topic = await kafka.topic('kept', 2)
    const group = kafka.name('kept')
    await publish(topic, 0, numbers(10))
    await publish(topic, 1, numbers(10, 100))
    const next = new Map<number, bigint>()
    const first = kafka.consumer({ group, topics: [topic], leadTopic: topic, sessionTimeoutMs: 6000 })
    const careful = await collect(first, {
      onAssigned: (assigned, control) => {
        for (const at of assigned) control.seek(at, next.get(at.partition) ?? 0n)
      },
      onBatch: (batch) => next.set(batch.partition, batch.endOffset),
    })
    await eventually(() => expect(careful.values()).toHaveLength(20))
    const second = kafka.consumer({ group, topics: [topic], leadTopic: topic, sessionTimeoutMs: 6000 })
    const careless = await collect(second, { onAssigned: () => undefined })
    await eventually(() => expect(careful.assignments).toHaveLength(2))
    expect(careful.assignments[1]).toHaveLength(1)
    await publish(topic, 0, ['last'])
    await publish(topic, 1, ['last'])
    await eventually(() =>
      expect([...careful.values(), ...careless.values()].filter((v) => v === 'last')).toHaveLength(2),
    )
    expect(careful.values()).toEqual([...new Set(careful.values())])
    await eventually(() => expect(careless.values()).toHaveLength(11))
    await first.stop()
    await eventually(() => expect(careless.assignments).toHaveLength(2))
    await eventually(() => expect(careless.values()).toHaveLength(11 + 22))
  })

  it('keeps its pause flags through a rebalance', async () => {
    const topic = await kafka.topic('flags', 1)
    const group = kafka.name('flags')
    await publish(topic, 0, numbers(5))
    const options = { group, topics: [topic], leadTopic: topic, sessionTimeoutMs: 6000 }
    const first = kafka.consumer(options)
    const paused = await collect(first, { onAssigned: () => undefined })
    first.pause([{ topic, partition: 0 }])
    const second = kafka.consumer(options)
    await collect(second)
    await eventually(() => expect(paused.assignments.length).toBeGreaterThanOrEqual(2))
    await second.stop()
    await eventually(() => expect(paused.assignments.length).toBeGreaterThanOrEqual(3))
    const before = paused.values().length
    await publish(topic, 0, ['not for the paused'])
    // A negative has no event to wait for: longer than a fetch takes.
    await delay(500)
    expect(paused.values().slice(before)).toEqual([])
    first.seek({ topic, partition: 0 }, 5n)
    first.resume([{ topic, partition: 0 }])
    await eventually(() => expect(paused.values().at(-1)).toBe('not for the paused'))
  })

  it('partitions of the following topics go to the member that holds their lead partition', async () => {
    const lead = await kafka.topic('lead', 3)
    const retry = await kafka.topic('lead.retry', 6)
    const options = { group: kafka.name('lead'), topics: [lead, retry], leadTopic: lead, sessionTimeoutMs: 6000 }
    const [first, second] = [kafka.consumer(options), kafka.consumer(options)]
    await collect(first)
    await collect(second)
    await eventually(() => expect(first.assigned().length + second.assigned().length).toBe(9))
    for (const member of [first, second]) {
      const held = (topic: string) => member.assigned().filter((at) => at.topic === topic)
      const leads = new Set(held(lead).map((at) => at.partition))
      expect(leads.size).toBeGreaterThan(0)
      expect(held(retry)).toHaveLength(leads.size * 2)
      for (const { partition } of held(retry)) expect(leads.has(partition % 3)).toBe(true)
    }
  })

  it('is rebuilt when its handler fails, and gives up at the fourth time in ten minutes', async () => {
    const topic = await kafka.topic('crash', 1)
    await publish(topic, 0, numbers(2))
    const consumer = kafka.consumer({ group: kafka.name('crash'), topics: [topic] })
    let failures = 0
    const seen = await collect(consumer, {
      onBatch: () => {
        failures++
        throw new Error('a defect of the handler')
      },
    })
    await eventually(() => expect(seen.crashes).toHaveLength(1))
    expect(failures).toBe(4)
    expect(seen.assignments).toHaveLength(4)
  })

  it('recovers from one failure of its handler by itself', async () => {
    const topic = await kafka.topic('recover', 1)
    await publish(topic, 0, numbers(2))
    const consumer = kafka.consumer({ group: kafka.name('recover'), topics: [topic] })
    let failed = false
    const seen = await collect(consumer, {
      onBatch: () => {
        if (failed) return
        failed = true
        throw new Error('a defect of the handler')
      },
    })
    await eventually(() => expect(seen.values()).toEqual(['0', '1']))
    expect(seen.crashes).toEqual([])
  })

  it('knows when its coordinator last answered', async () => {
    const topic = await kafka.topic('heartbeat', 1)
    const consumer = kafka.consumer({ group: kafka.name('heartbeat'), topics: [topic], heartbeatMs: 100 })
    expect(consumer.lastHeartbeatMs()).toBeNull()
    await collect(consumer)
    const joined = consumer.lastHeartbeatMs()
    expect(joined).not.toBeNull()
    await eventually(() => expect(consumer.lastHeartbeatMs()).toBeGreaterThan(joined!))
  })

  it('a reader below the log’s start is moved, and an alarm says so', async () => {
    const topic = await kafka.topic('trimmed', 1)
    await publish(topic, 0, numbers(10))
    const raw = kafka.client.kafka.admin()
    await raw.connect()
    await raw.fetchTopicOffsets(topic)
    await raw.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })
    await raw.disconnect()
    const seen = await collect(kafka.consumer({ group: kafka.name('trimmed'), topics: [topic] }))
    await eventually(() => expect(seen.values()).toEqual(numbers(4, 6)))
    expect(kafka.resets).toContainEqual({ topic, partition: 0, groupId: kafka.name('trimmed') })
  })

  it('a consumer of a missing topic does not start', async () => {
    const consumer = kafka.consumer({ group: kafka.name('missing'), topics: [kafka.name('missing')] })
    await expect(collect(consumer)).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' })
  })

  it('commits offsets for tools that show the lag', async () => {
    const topic = await kafka.topic('commit', 1)
    const group = kafka.name('commit')
    await publish(topic, 0, numbers(5))
    const consumer = kafka.consumer({ group, topics: [topic] })
    await collect(consumer)
    await consumer.commit([{ topic, partition: 0, offset: 3n }])
    await eventually(async () => {
      expect(await admin.lag(group, [topic])).toEqual([
        { topic, partition: 0, low: 0n, high: 5n, committed: 3n, lag: 2n },
      ])
    })
  })
})
