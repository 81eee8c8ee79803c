import { describe, expect, it } from '@jest/globals'
import type { OutgoingRecord } from '@hooklane/core'
import { OrderedPublisher, PublisherStopped, type PublishedCheck } from './ordered-publisher.js'

const record = (value: string): OutgoingRecord => ({ topic: 't', key: 'k', value })

/** A topic that fails as it is told: `before` nothing was written, `after` all of it was. */
class Topic {
  readonly written: string[] = []
  readonly failures: ('before' | 'after')[] = []
  readBacks = 0

  publish(): Promise<void> {
    return Promise.reject(new Error('batches only'))
  }

  async publishAll(records: readonly OutgoingRecord[]): Promise<void> {
    await Promise.resolve()
    const failure = this.failures.shift()
    if (failure !== 'before') this.written.push(...records.map(({ value }) => String(value)))
    if (failure) throw new Error(failure)
  }

  readBack = (): Promise<PublishedCheck> => {
    this.readBacks++
    const there = new Set(this.written)
    return Promise.resolve(({ value }) => there.has(String(value)))
  }
}

function publisherOf(topic: Topic, maxRecordBytes = 1_000_000) {
  const failures: unknown[] = []
  const publisher = new OrderedPublisher({
    producer: topic,
    readBack: topic.readBack,
    maxRecordBytes,
    onPublished: () => undefined,
    onFailure: (error) => failures.push(error),
    onQueued: () => undefined,
  })
  const durable = () => new Promise<void>((resolve) => publisher.whenDurable(resolve))
  return { publisher, durable, failures }
}

describe('ordered publisher', () => {
  it('publishes in order and calls back when all before it is durable', async () => {
    const topic = new Topic()
    const { publisher, durable } = publisherOf(topic)
    for (let i = 0; i < 1200; i++) await publisher.add(record(`${i}`))
    await durable()
    expect(topic.written).toEqual(Array.from({ length: 1200 }, (_, i) => `${i}`))
  })

  it('sends what is added at the moment at which all before it is durable', async () => {
    const topic = new Topic()
    const { publisher, durable } = publisherOf(topic)
    for (const value of ['1', '2', '3']) {
      await publisher.add(record(value))
      await durable()
    }
    expect(topic.written).toEqual(['1', '2', '3'])
  })

  it.each(['before', 'after'] as const)(
    'publishes each record once and in order when a request fails %s it was written',
    async (when) => {
      const topic = new Topic()
      topic.failures.push(when)
      const { publisher, durable, failures } = publisherOf(topic)
      for (let i = 0; i < 700; i++) await publisher.add(record(`${i}`))
      await durable()
      expect(topic.written).toEqual(Array.from({ length: 700 }, (_, i) => `${i}`))
      expect(failures).toHaveLength(1)
      expect(topic.readBacks).toBe(2)
    },
  )

  it('does not publish what the topic held at the start', async () => {
    const topic = new Topic()
    topic.written.push('0', '1')
    const { publisher, durable } = publisherOf(topic)
    for (const value of ['0', '1', '2']) await publisher.add(record(value))
    await durable()
    expect(topic.written).toEqual(['0', '1', '2'])
  })

  it('makes whoever adds wait when much is queued, and refuses them when it is stopped', async () => {
    const topic = new Topic()
    topic.failures.push(...Array.from({ length: 100 }, () => 'before' as const))
    const { publisher } = publisherOf(topic)
    let waiting: Promise<void> | undefined
    while (!waiting) waiting = publisher.add(record('x'.repeat(900_000)))
    const refused = expect(waiting).rejects.toThrow(PublisherStopped)
    await publisher.stop(1_000)
    await refused
    expect(() => publisher.add(record('late'))).toThrow(PublisherStopped)
    expect(topic.written).toEqual([])
  })

  it('refuses a record that Kafka would never take', () => {
    const { publisher } = publisherOf(new Topic(), 1_000)
    expect(() => publisher.add(record('x'.repeat(1_000)))).toThrow('larger than Kafka takes')
  })
})
