import { describe, expect, it } from '@jest/globals'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import { OrderedPublisher, PublisherStopped, type PublishedCheck } from './ordered-publisher.js'

const record = (value: string): OutgoingRecord => ({ topic: 't', key: 'k', value })

/** A topic that fails on demand: `before` anything is written, or `after` everything is. */
class Topic {
  readonly written: string[] = []
  readonly failures: ('before' | 'after')[] = []
  readBacks = 0
  /** Requests get their answers when this promise resolves. */
  silence: Promise<void> = Promise.resolve()

  publish(): Promise<void> {
    return Promise.reject(new Error('batches only'))
  }

  async publishAll(records: readonly OutgoingRecord[]): Promise<void> {
    await this.silence
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
  const pauses: number[] = []
  const publisher = new OrderedPublisher({
    producer: topic,
    readBack: topic.readBack,
    maxRecordBytes,
    onPublished: () => undefined,
    onFailure: (error, retryInMs) => {
      failures.push(error)
      pauses.push(retryInMs)
    },
    onQueued: () => undefined,
  })
  const durable = () => new Promise<void>((resolve) => publisher.whenDurable(resolve))
  return { publisher, durable, failures, pauses }
}

describe('ordered publisher', () => {
  it('publishes in order and calls back when all before it is durable', async () => {
    const topic = new Topic()
    const { publisher, durable } = publisherOf(topic)
    for (let i = 0; i < 1200; i++) await publisher.add(record(`${i}`))
    await durable()
    expect(topic.written).toEqual(Array.from({ length: 1200 }, (_, i) => `${i}`))
  })

  it('sends a record that is added at the very moment when all before it is durable', async () => {
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

  it('makes callers wait when much is queued, and refuses their records when it is stopped', async () => {
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

  it('holds few records however small they are, and one callback for each, while Kafka does not answer', async () => {
    const topic = new Topic()
    const { publisher } = publisherOf(topic)
    let release: () => void = () => undefined
    topic.silence = new Promise((resolve) => (release = resolve))
    const called: number[] = []
    let added = 0
    let waiting: Promise<void> | undefined
    while (!waiting) {
      waiting = publisher.add(record(`${added}`))
      // Transactions without an event of their own.
      for (let n = 0; n < 20; n++) publisher.whenDurable(() => called.push(added * 20 + n))
      added++
    }
    expect(added).toBeLessThanOrEqual(10_001)
    release()
    await waiting
    await new Promise<void>((resolve) => publisher.whenDurable(resolve))
    expect(topic.written).toHaveLength(added)
    // The last callback that waits for the same records replaces the others.
    expect(called.length).toBeLessThanOrEqual(added)
  })

  it('calls back at once when nothing waits, and in order when something does', async () => {
    const { publisher, durable } = publisherOf(new Topic())
    const called: string[] = []
    publisher.whenDurable(() => called.push('nothing waits'))
    expect(called).toEqual(['nothing waits'])
    await publisher.add(record('1'))
    publisher.whenDurable(() => called.push('replaced'))
    publisher.whenDurable(() => called.push('1'))
    await publisher.add(record('2'))
    publisher.whenDurable(() => called.push('2'))
    await publisher.add(record('3'))
    await durable()
    expect(called).toEqual(['nothing waits', '1', '2'])
  })

  it('waits longer and longer after failures of a batch, and starts with short pauses once it was published', async () => {
    const topic = new Topic()
    topic.failures.push('before', 'before', 'before')
    const { publisher, durable, pauses } = publisherOf(topic)
    for (let n = 0; n < 10; n++) await publisher.add(record(`${n}`))
    await durable()
    topic.failures.push('before')
    await publisher.add(record('10'))
    await durable()
    expect(pauses).toEqual([200, 400, 800, 200])
    expect(topic.written).toEqual(Array.from({ length: 11 }, (_, n) => `${n}`))
  })

  it('refuses a record that Kafka would never accept', () => {
    const { publisher } = publisherOf(new Topic(), 1_000)
    expect(() => publisher.add(record('x'.repeat(1_000)))).toThrow('larger than Kafka takes')
  })
})
