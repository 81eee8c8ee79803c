import { randomUUID } from 'node:crypto'
import { topicNames, type TopicNames, type TopicSpec } from '@hooklane/contracts/records'
import type { LogRecord } from '@hooklane/core/kernel'
import {
  createKafkaClient,
  KafkaLogConsumer,
  SingleFlightProducer,
  TopicAdmin,
  type KafkaClient,
} from '@hooklane/kafka'
import { makeTopics } from './make-topics.js'

const quiet = (): void => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** Topics under a random prefix on the broker of the test run, with a producer, and a reader of some of the topics. */
export class KafkaWorld {
  readonly topics: TopicNames
  readonly client: KafkaClient
  readonly producer: SingleFlightProducer
  readonly brokers: readonly string[]
  /** Records are kept by topic, because tests poll one topic every few milliseconds while tens of thousands of records arrive. */
  readonly #records = new Map<string, LogRecord[]>()
  readonly #specs: TopicSpec[] = []
  #reader: KafkaLogConsumer | null = null

  private constructor(readonly prefix: string) {
    this.brokers = (process.env.KAFKA_BROKERS ?? '').split(',').filter((broker) => broker !== '')
    if (this.brokers.length === 0) throw new Error('KAFKA_BROKERS names no broker (npm test starts one)')
    this.topics = topicNames(prefix)
    this.client = createKafkaClient({ brokers: [...this.brokers], clientId: 'test', logger: SILENT })
    this.producer = new SingleFlightProducer(this.client)
  }

  /** @param read the topics whose committed records are collected */
  static async create(
    name: string,
    specsOf: (topics: TopicNames) => readonly TopicSpec[],
    read: (topics: TopicNames) => readonly string[],
  ): Promise<KafkaWorld> {
    const world = new KafkaWorld(`${name}${randomUUID().slice(0, 8)}.`)
    await world.makeTopics(specsOf(world.topics))
    await world.#read(read(world.topics))
    return world
  }

  /** Creates more topics, which `close` deletes with the others. */
  async makeTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.#specs.push(...specs)
    await makeTopics(this.client, specs)
  }

  /** The records of a topic so far. The records of one partition are in order. */
  records(topic: string): readonly LogRecord[] {
    return [...this.#recordsOf(topic)]
  }

  async close(): Promise<void> {
    await this.#reader?.stop()
    await this.producer.close()
    await new TopicAdmin(this.client).deleteTopics(this.#specs.map(({ name }) => name))
  }

  #recordsOf(topic: string): LogRecord[] {
    const known = this.#records.get(topic)
    if (known) return known
    const records: LogRecord[] = []
    this.#records.set(topic, records)
    return records
  }

  async #read(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return
    this.#reader = new KafkaLogConsumer(this.client, { group: `${this.prefix}checker`, topics })
    const next = new Map<string, bigint>()
    const keyOf = (at: { topic: string; partition: number }) => `${at.topic}/${at.partition}`
    await this.#reader.start({
      onAssigned: (assigned, control) => {
        for (const at of assigned) control.seek(at, next.get(keyOf(at)) ?? 0n)
      },
      onBatch: (batch) => {
        const from = next.get(keyOf(batch)) ?? 0n
        this.#recordsOf(batch.topic).push(...batch.records.filter((record) => record.offset >= from))
        if (batch.endOffset > from) next.set(keyOf(batch), batch.endOffset)
      },
      onCrash: (error) => {
        throw error
      },
    })
  }
}
