import type { Offsets, Producer, RetryOptions, TopicOffsets, Transaction } from 'kafkajs'
import { endsWithin, pause, processTimers, type OutgoingRecord, type TopicPartition } from '@hooklane/core/kernel'
import { KafkaLogAdmin } from '../admin/log-admin.js'
import { hasErrorType, isFenced, LogError, ProducerLost } from '../client/errors.js'
import { kafkajs } from '../client/kafkajs.js'
import type { KafkaClient } from '../client/kafka-client.js'
import { groupBy } from '../group-by.js'
import { assertAllWritten, BatchBuilder, place, toBatch, type PlacedRecord } from './outgoing.js'
import { PartitionCounts } from './partition-counts.js'

export interface TransactionalProducerOptions {
  /** Of all producers that open this id, only the last may write; the others are fenced. Use one id per source partition. */
  readonly transactionalId: string
  /** The broker aborts a transaction whose producer is silent this long. Matters only if no other process opens the id. Default 30 s. */
  readonly transactionTimeoutMs?: number
  /** Share one object among the producers of a process, so that partition counts are queried only once. */
  readonly counts?: PartitionCounts
}

/** Consumed offsets that are committed atomically with the records. */
export interface ConsumedOffsets {
  readonly group: string
  /** The next offset to read of each partition. */
  readonly offsets: readonly (TopicPartition & { readonly offset: bigint })[]
}

/** Retries of the client. They determine the throughput, because the client waits for `initialRetryTime` between any two transactions. */
const TRANSACTION_RETRY: RetryOptions = {
  initialRetryTime: 10,
  maxRetryTime: 1000,
  multiplier: 2,
  factor: 0.2,
  retries: 60,
}
const DISCONNECT_TIMEOUT_MS = 5000
/** The broker's error while it still writes the markers of the previous transaction. The client does not retry `sendOffsets` after it. */
const CONCURRENT_TRANSACTIONS = 'CONCURRENT_TRANSACTIONS'
const CONCURRENT_RETRY_MS = 5
const MAX_CONCURRENT_RETRIES = 2000

export function createPartitionCounts(client: KafkaClient): PartitionCounts {
  const admin = new KafkaLogAdmin(client)
  return new PartitionCounts((topic) => admin.partitionCount(topic))
}

/**
 * Writes records and consumed offsets in transactions: readers of committed records see either all records of a transaction or none.
 *
 * States: open → lost (any error) → closed. After an error the outcome of the last transaction is unknown, and the client's object is
 * unusable: every further `commit` throws the same `ProducerLost`. Close this producer, open another, then read the committed offset.
 */
export class TransactionalProducer {
  private lost: ProducerLost | null = null
  private committing = false
  private readonly producer: Producer
  /** A transaction that has begun and is empty until the next `commit`. */
  private begun: Transaction | null

  private constructor(
    private readonly client: KafkaClient,
    private readonly counts: PartitionCounts,
    opened: { readonly producer: Producer; readonly begun: Transaction },
  ) {
    this.producer = opened.producer
    this.begun = opened.begun
  }

  /**
   * Fences every earlier producer with the id, and ends the transaction that the last one left open. When the promise resolves, the outcome
   * of that transaction is final. Takes milliseconds, or 0.3 s with an open transaction.
   */
  static async open(client: KafkaClient, options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    const producer = client.kafka.producer({
      transactionalId: options.transactionalId,
      transactionTimeout: options.transactionTimeoutMs ?? 30_000,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: TRANSACTION_RETRY,
    })
    const counts = options.counts ?? createPartitionCounts(client)
    try {
      await producer.connect()
      // Order matters: the client fences when it begins a transaction, not when it connects.
      const begun = await producer.transaction()
      return new TransactionalProducer(client, counts, { producer, begun })
    } catch (error) {
      await disconnect(client, producer)
      throw new ProducerLost(isFenced(error), error)
    }
  }

  /** Why the producer cannot be used any more; null while it can. */
  lostBecause(): ProducerLost | null {
    return this.lost
  }

  /**
   * Writes all records and, if given, the offsets in one transaction. Only one call at a time. Throws `ProducerLost`. `RECORD_TOO_LARGE`,
   * `UNKNOWN_TOPIC` and `UNKNOWN_PARTITION` are thrown before anything is sent, and leave the producer usable.
   */
  async commit(records: readonly OutgoingRecord[], consumed?: ConsumedOffsets): Promise<void> {
    if (this.lost) throw this.lost
    if (this.committing) throw new Error('a transaction is already being committed')
    this.committing = true
    try {
      const placed = await this.placeAll(records)
      await this.transact(placed, consumed)
    } finally {
      this.committing = false
    }
  }

  /** Disconnects. Never aborts: the next producer with the id ends an open transaction. */
  async close(): Promise<void> {
    this.lost ??= new ProducerLost(false, new LogError('CLOSED', 'the producer was closed'))
    await disconnect(this.client, this.producer)
  }

  private async placeAll(records: readonly OutgoingRecord[]): Promise<PlacedRecord[]> {
    const placed: PlacedRecord[] = []
    for (const record of records) {
      placed.push(place(record, this.counts.get(record.topic) ?? (await this.counts.load(record.topic))))
    }
    return placed
  }

  private async transact(records: readonly PlacedRecord[], consumed: ConsumedOffsets | undefined): Promise<void> {
    try {
      const transaction = this.begun ?? (await this.producer.transaction())
      this.begun = null
      for (const request of requestsOf(records)) {
        assertAllWritten(request, await transaction.sendBatch(toBatch(request)))
      }
      if (consumed) await sendOffsets(transaction, consumed)
      await transaction.commit()
    } catch (error) {
      this.lost = new ProducerLost(isFenced(error), error)
      throw this.lost
    }
  }
}

function* requestsOf(records: readonly PlacedRecord[]): Generator<readonly PlacedRecord[]> {
  let builder = new BatchBuilder()
  for (const record of records) {
    if (builder.add(record)) continue
    yield builder.records
    builder = new BatchBuilder()
    builder.add(record)
  }
  if (builder.records.length > 0) yield builder.records
}

async function sendOffsets(transaction: Transaction, { group, offsets }: ConsumedOffsets): Promise<void> {
  const topics: TopicOffsets[] = [...groupBy(offsets, (at) => at.topic)].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
  }))
  const request: Offsets & { consumerGroupId: string } = { consumerGroupId: group, topics }
  for (let tries = 1; ; tries++) {
    try {
      await transaction.sendOffsets(request)
      return
    } catch (error) {
      if (!hasErrorType(error, CONCURRENT_TRANSACTIONS) || tries >= MAX_CONCURRENT_RETRIES) throw error
      await pause(processTimers, CONCURRENT_RETRY_MS)
    }
  }
}

async function disconnect(client: KafkaClient, producer: Producer): Promise<void> {
  const done = producer
    .disconnect()
    .catch((error: unknown) => client.logger.warn({ error }, 'a transactional producer did not disconnect cleanly'))
  await endsWithin(processTimers, done, { limitMs: DISCONNECT_TIMEOUT_MS })
}
