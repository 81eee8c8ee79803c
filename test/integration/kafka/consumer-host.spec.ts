import { describe, expect, it } from '@jest/globals'
import type { LogBatch, TopicPartition } from '@hooklane/core/kernel'
import { ConsumerHost, type Assignment, type PartitionHandler } from '@hooklane/kafka/host'
import { systemClock } from '@hooklane/runtime'
import { eventually, kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
const producer = kafka.producer()
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => String(n + from))
const publish = (topic: string, partition: number, values: readonly string[]) =>
  producer.publishAll(values.map((value) => ({ topic, partition, key: 'k', value })))

/** Reads what it is told to, and keeps where it was. */
class Reader implements PartitionHandler {
  readonly values: string[] = []
  readonly assignments: Assignment[] = []
  readonly positions = new Map<number, bigint>()
  readonly steps: string[] = []
  whileDraining = () => Promise.resolve()

  onAssigned(assignment: Assignment): void {
    this.assignments.push(assignment)
    for (const { partition } of assignment.lost) this.positions.delete(partition)
  }

  positionOf = ({ partition }: TopicPartition) => this.positions.get(partition) ?? null

  onBatch(batch: LogBatch): void {
    this.values.push(...batch.records.map(({ value }) => String(value)))
    this.positions.set(batch.partition, batch.endOffset)
  }

  lagRecords = () => 7

  async drain(): Promise<void> {
    await this.whileDraining()
    this.steps.push('drained')
  }
}

function hostOf(
  group: string,
  topic: string,
  clock: { monotonicMs: () => number } = systemClock,
): { readonly host: ConsumerHost; readonly reader: Reader } {
  const reader = new Reader()
  const host = new ConsumerHost({
    group: 'test',
    consumer: kafka.consumer({ group: kafka.name(group), topics: [topic], leadTopic: topic, sessionTimeoutMs: 6_000 }),
    clock,
    onCrash: (error) => reader.steps.push(`crashed: ${error.message}`),
  })
  return { host, reader }
}

describe('a consumer host', () => {
  it('a partition stands still until its reader says where to begin', async () => {
    const topic = await kafka.topic('host-still', 2)
    await publish(topic, 0, numbers(10))
    await publish(topic, 1, numbers(3, 100))
    const { host, reader } = hostOf('host-still', topic)
    await host.start(reader)
    expect(reader.assignments).toHaveLength(1)
    expect([0, 1, 2].map((partition) => host.holds({ topic, partition }))).toEqual([true, true, false])
    host.readFrom({ topic, partition: 1 }, 0n)
    await eventually(() => expect(reader.values).toEqual(numbers(3, 100)))
    host.readFrom({ topic, partition: 0 }, 6n)
    await eventually(() => expect(reader.values).toEqual([...numbers(3, 100), ...numbers(4, 6)]))
  })

  it('a partition that is kept goes on where its reader was, whatever the group has committed', async () => {
    const topic = await kafka.topic('host-kept', 2)
    await publish(topic, 0, numbers(10))
    await publish(topic, 1, numbers(10, 100))
    const first = hostOf('host-kept', topic)
    await first.host.start(first.reader)
    for (const at of first.host.held()) first.host.readFrom(at, 0n)
    await eventually(() => expect(first.reader.values).toHaveLength(20))
    const second = hostOf('host-kept', topic)
    await second.host.start(second.reader)
    await eventually(() => expect(first.reader.assignments).toHaveLength(2))
    const change = first.reader.assignments[1]
    expect(change?.gained).toEqual([])
    expect([change?.held, change?.lost]).toEqual([first.host.held(), second.host.held()])
    await publish(topic, 0, ['last'])
    await publish(topic, 1, ['last'])
    await eventually(() => expect(first.reader.values.slice(20)).toEqual(['last']))
    expect(second.reader.values).toEqual([])
  })

  it('while it drains nothing is read, whatever is asked for, and the group is left last', async () => {
    const topic = await kafka.topic('host-drained', 1)
    const { host, reader } = hostOf('host-drained', topic)
    const at = { topic, partition: 0 }
    await host.start(reader)
    host.readFrom(at, 0n)
    await publish(topic, 0, ['before'])
    await eventually(() => expect(reader.values).toEqual(['before']))
    reader.whileDraining = async () => {
      host.readFrom(at, 0n)
      await publish(topic, 0, ['after'])
      // A fetch waits 100 ms at most: more than one passes while the heartbeats go on.
      const sinceMs = host.lastHeartbeatMs() ?? 0
      await eventually(() => expect(host.lastHeartbeatMs() ?? 0).toBeGreaterThan(sinceMs + 900))
      reader.steps.push(host.holds(at) ? 'still a member' : 'gone')
    }
    await host.stop()
    expect(reader.values).toEqual(['before'])
    expect(reader.steps).toEqual(['still a member', 'drained'])
  })

  it('says how its consumer fares', async () => {
    const topic = await kafka.topic('host-state', 1)
    let aheadMs = 0
    const { host, reader } = hostOf('host-state', topic, { monotonicMs: () => performance.now() + aheadMs })
    expect(host.state()).toEqual({ group: 'test', lagRecords: 0, fetchAgeMs: null, heartbeatAgeMs: null })
    await host.start(reader)
    host.readFrom({ topic, partition: 0 }, 0n)
    await eventually(() => {
      const { lagRecords, fetchAgeMs, heartbeatAgeMs } = host.state()
      expect([lagRecords, fetchAgeMs !== null, heartbeatAgeMs !== null]).toEqual([7, true, true])
    })
    aheadMs = 75_000
    expect(host.state().fetchAgeMs).toBeGreaterThanOrEqual(75_000)
    expect(host.state().heartbeatAgeMs).toBeGreaterThanOrEqual(75_000)
  })
})
