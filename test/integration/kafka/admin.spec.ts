import { describe, expect, it } from '@jest/globals'
import { KafkaLogAdmin, TopicAdmin } from '@hooklane/kafka'
import type { TopicSpec } from '@hooklane/contracts/records'
import { kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
const topics = new TopicAdmin(kafka.client)
const admin = new KafkaLogAdmin(kafka.client)

describe('topics', () => {
  const specs: TopicSpec[] = [
    { name: kafka.name('events'), partitions: 4, cleanup: 'delete', retentionMs: 604_800_000 },
    { name: kafka.name('state'), partitions: 4, cleanup: 'compact', retentionMs: null },
  ]
  const names = specs.map((spec) => spec.name)
  kafka.closeLater(() => topics.deleteTopics(names))

  it('that are missing are named when they must not be created', async () => {
    const faults = await topics.ensureTopics(specs, { replicationFactor: 1, create: false })
    expect(faults).toHaveLength(2)
    expect(faults[0]).toContain('does not exist')
  })

  it('are created with their settings, also by several processes at once, and fit afterwards', async () => {
    const ensure = () => topics.ensureTopics(specs, { replicationFactor: 1, create: true })
    expect(await Promise.all([ensure(), ensure(), ensure()])).toEqual([[], [], []])
    const described = await topics.describe(names)
    expect(described.get(kafka.name('events'))).toEqual({
      name: kafka.name('events'),
      partitions: 4,
      replicationFactor: 1,
      cleanup: 'delete',
      retentionMs: 604_800_000,
    })
    expect(described.get(kafka.name('state'))).toMatchObject({ cleanup: 'compact' })
  })

  it('that differ from what they must be are left alone and named', async () => {
    const wrong: TopicSpec = { name: kafka.name('events'), partitions: 6, cleanup: 'delete', retentionMs: 700_000_000 }
    const faults = await topics.ensureTopics([wrong], { replicationFactor: 1, create: true })
    expect(faults.map((fault) => fault.slice(0, fault.indexOf(':')))).toEqual([
      `topic ${wrong.name} has 4 partitions, but must have 6`,
      `topic ${wrong.name} keeps records for 604800000 ms, but must keep them for 700000000 ms or more`,
    ])
  })
})

describe('groups', () => {
  it('commits are written, read, counted as lag and deleted', async () => {
    const topic = await kafka.topic('groups', 2)
    const producer = kafka.producer()
    await producer.publishAll(Array.from({ length: 10 }, () => ({ topic, partition: 1, key: 'k', value: 'v' })))
    const group = kafka.name('group')
    await admin.commitOffsets(group, [{ topic, partition: 1, offset: 4n }])
    expect((await admin.committedOffsets(group, topic)).get(1)).toBe(4n)
    expect(await admin.lag(group, [topic])).toEqual([
      { topic, partition: 0, low: 0n, high: 0n, committed: null, lag: 0n },
      { topic, partition: 1, low: 0n, high: 10n, committed: 4n, lag: 6n },
    ])
    await admin.deleteGroup(group)
    await admin.deleteGroup(group)
    expect((await admin.committedOffsets(group, topic)).get(1)).toBeNull()
  })

  it('that have members stay, the others go, whether or not they were there', async () => {
    const topic = await kafka.topic('members', 1)
    const [used, left] = [kafka.name('used'), kafka.name('left')]
    const consumer = kafka.client.kafka.consumer({ groupId: used })
    kafka.closeLater(() => consumer.disconnect())
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
    await consumer.run({ eachBatch: () => Promise.resolve() })
    await joined
    await admin.commitOffsets(left, [{ topic, partition: 0, offset: 0n }])
    const all = [used, left, kafka.name('never')]
    expect(await admin.deleteUnusedGroups(all)).toEqual([left, kafka.name('never')])
    await consumer.disconnect()
    expect(await admin.deleteUnusedGroups(all)).toEqual(all)
    expect(await admin.deleteUnusedGroups([])).toEqual([])
  })

  it('a missing topic is named, not waited for', async () => {
    await expect(admin.partitionCount(kafka.name('none'))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' })
    await expect(admin.offsets(kafka.name('none'))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' })
  })
})
