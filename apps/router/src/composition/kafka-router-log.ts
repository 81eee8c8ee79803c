import type { TopicNames } from '@hooklane/contracts/records'
import type { PartitionOffsets } from '@hooklane/core/kernel'
import type { RouterLog, RouterLogFailure, RouterWriter } from '@hooklane/core/routing'
import {
  createPartitionCounts,
  KafkaLogAdmin,
  LogError,
  ProducerLost,
  TransactionalProducer,
  type KafkaClient,
} from '@hooklane/kafka'

/**
 * How long a transaction may be open before Kafka aborts it. Too low: Kafka aborts good transactions while a broker is slow. Too high: if a
 * router dies in a transaction and no other router takes over, readers of the delivery topics wait that long.
 */
const TRANSACTION_TIMEOUT_MS = 30_000

/** The router's queries and transactions on Kafka. */
export class KafkaRouterLog implements RouterLog {
  readonly #client: KafkaClient
  readonly #topics: TopicNames
  readonly #group: string
  readonly #admin: KafkaLogAdmin
  readonly #counts: ReturnType<typeof createPartitionCounts>

  constructor(client: KafkaClient, topics: TopicNames) {
    this.#client = client
    this.#topics = topics
    this.#group = topics.group('router')
    this.#admin = new KafkaLogAdmin(client)
    this.#counts = createPartitionCounts(client)
  }

  async openWriter(partition: number): Promise<RouterWriter> {
    const producer = await TransactionalProducer.open(this.#client, {
      transactionalId: `${this.#topics.prefix}router-${partition}`,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
      counts: this.#counts,
    })
    const at = { topic: this.#topics.events, partition }
    return {
      commit: ({ records, nextOffset }) =>
        nextOffset === undefined
          ? producer.commit(records)
          : producer.commit(records, { group: this.#group, offsets: [{ ...at, offset: nextOffset }] }),
      close: () => producer.close(),
    }
  }

  async committedOffset(partition: number): Promise<bigint | null> {
    const offsets = await this.#admin.committedOffsets(this.#group, this.#topics.events)
    return offsets.get(partition) ?? null
  }

  async eventOffsets(partition: number): Promise<PartitionOffsets> {
    const offsets = await this.#admin.offsets(this.#topics.events)
    const own = offsets.find((one) => one.partition === partition)
    if (!own) throw new LogError('UNKNOWN_PARTITION', `${this.#topics.events} has no partition ${partition}`)
    return own
  }

  classify(error: unknown): RouterLogFailure {
    if (error instanceof ProducerLost && error.fenced) return 'fenced'
    if (error instanceof LogError && (error.code === 'UNKNOWN_TOPIC' || error.code === 'UNKNOWN_PARTITION'))
      return 'topic_missing'
    return 'failed'
  }

  /** Number of partitions of a topic. */
  partitionCount(topic: string): Promise<number> {
    return this.#admin.partitionCount(topic)
  }
}
