import { randomUUID } from 'node:crypto'
import { afterAll } from '@jest/globals'
import {
  createKafkaClient,
  KafkaLogConsumer,
  SingleFlightProducer,
  TopicAdmin,
  type KafkaClient,
  type KafkaLogConsumerOptions,
} from '@hooklane/kafka'
import type { LogBatch, LogConsumerControl, TopicPartition } from '@hooklane/core/kernel'
import * as testing from '@hooklane/testing'
import { makeTopic } from '../support/make-topics.js'

export interface KafkaFixture {
  readonly client: KafkaClient
  /** The errors and warnings that the adapter has logged. */
  readonly logged: { level: string; message: string; fields: object }[]
  readonly resets: object[]
  name(suffix: string): string
  topic(
    suffix: string,
    partitions: number,
    cleanup?: 'delete' | 'compact',
    config?: Record<string, string>,
  ): Promise<string>
  producer(options?: ConstructorParameters<typeof SingleFlightProducer>[1]): SingleFlightProducer
  consumer(options: KafkaLogConsumerOptions): KafkaLogConsumer
  /** Registers a function that is called after the test file, before the topics are deleted. */
  closeLater(close: () => Promise<unknown>): void
}

/**
 * A Kafka client for one test file. The names of its topics have a random prefix. After the test file, its producers and consumers are
 * closed and its topics are deleted.
 */
export function kafkaFixture(): KafkaFixture {
  const brokers = (process.env.KAFKA_BROKERS ?? '').split(',').filter((broker) => broker !== '')
  if (brokers.length === 0)
    throw new Error('KAFKA_BROKERS names no broker: run the suite with npm run test:integration')
  const prefix = `t-${randomUUID().slice(0, 8)}.`
  const logged: KafkaFixture['logged'] = []
  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, message, fields })
  const resets: object[] = []
  const client = createKafkaClient({
    brokers,
    clientId: prefix,
    logger: { debug: () => undefined, info: () => undefined, warn: log('warn'), error: log('error') },
    onOffsetReset: (reset) => resets.push(reset),
  })
  const topics: string[] = []
  const closers: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    await Promise.all(closers.map((close) => close()))
    await new TopicAdmin(client).deleteTopics(topics)
  })
  const closeLater = (close: () => Promise<unknown>): void => void closers.push(close)
  return {
    client,
    logged,
    resets,
    closeLater,
    name: (suffix) => prefix + suffix,
    topic: async (suffix, partitions, cleanup = 'delete', config = {}) => {
      const name = prefix + suffix
      topics.push(name)
      await makeTopic(client, { name, partitions, config: { 'cleanup.policy': cleanup, ...config } })
      return name
    },
    producer: (options = {}) => {
      const producer = new SingleFlightProducer(client, options)
      closeLater(() => producer.close())
      return producer
    },
    consumer: (options) => {
      const consumer = new KafkaLogConsumer(client, { maxWaitMs: 100, heartbeatMs: 500, ...options })
      closeLater(() => consumer.stop())
      return consumer
    },
  }
}

/** Repeats the check until it no longer throws. The time limit is long, because only a failing test uses it up. */
export const eventually = <T>(check: () => T | Promise<T>, withinMs = 45_000): Promise<T> =>
  testing.eventually(check, { withinMs })

export interface Collector {
  readonly batches: LogBatch[]
  readonly assignments: (readonly TopicPartition[])[]
  readonly crashes: Error[]
  values(): string[]
  end(partition: number): bigint
}

/** Starts a consumer and collects its batches. Reads from the start of the log, or, if `onAssigned` is given, from where it seeks. */
export async function collect(
  consumer: KafkaLogConsumer,
  handlers: {
    onAssigned?: (assigned: readonly TopicPartition[], control: LogConsumerControl) => void
    onBatch?: (batch: LogBatch) => void
  } = {},
): Promise<Collector> {
  const batches: LogBatch[] = []
  const assignments: (readonly TopicPartition[])[] = []
  const crashes: Error[] = []
  await consumer.start({
    onAssigned: (assigned, control) => {
      assignments.push(assigned)
      if (handlers.onAssigned) handlers.onAssigned(assigned, control)
      else for (const at of assigned) control.seek(at, 0n)
    },
    onBatch: (batch) => {
      handlers.onBatch?.(batch)
      batches.push(batch)
    },
    onCrash: (error) => crashes.push(error),
  })
  return {
    batches,
    assignments,
    crashes,
    values: () => batches.flatMap((batch) => batch.records.map((record) => record.value?.toString() ?? '')),
    end: (partition) =>
      batches.filter((b) => b.partition === partition).reduce((end, b) => (b.endOffset > end ? b.endOffset : end), 0n),
  }
}
