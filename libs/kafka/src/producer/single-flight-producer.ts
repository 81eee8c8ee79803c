import type { Producer, RetryOptions } from 'kafkajs'
import { endsWithin, processTimers, type LogProducer, type OutgoingRecord } from '@hooklane/core/kernel'
import { KafkaLogAdmin } from '../admin/log-admin.js'
import { LogError, toError } from '../client/errors.js'
import { kafkajs } from '../client/kafkajs.js'
import { OUTLAST_OUTAGES, type KafkaClient } from '../client/kafka-client.js'
import { assertAllWritten, BatchBuilder, place, toBatch, type PlacedRecord } from './outgoing.js'
import { PartitionCounts } from './partition-counts.js'

export interface SingleFlightProducerOptions {
  /**
   * Default true: the client repeats a request whose answer was lost, and no duplicate is written. Set it to false only where duplicates
   * are harmless and the caller retries by itself.
   */
  readonly idempotent?: boolean
  /** Default: waits for the end of an outage, however long it lasts. */
  readonly retry?: RetryOptions
}

interface Waiting {
  readonly record: OutgoingRecord
  resolve(): void
  reject(error: Error): void
}

/** Maximum wait for disconnecting, which waits for the answers to requests in flight. The process must end even if no broker answers. */
const DISCONNECT_TIMEOUT_MS = 5000

/**
 * Appends records with one request in flight at a time. Records that arrive in the meantime form the next request, in order of arrival.
 *
 * Why: with two requests in flight, the client gives the sequence numbers of a failed request to the next request, and the broker
 * acknowledges the next request as a duplicate without writing it. The price is one round trip per batch.
 *
 * A failed request has an unknown outcome. Its records are rejected with `OUTCOME_UNKNOWN`. All records queued behind them are rejected
 * with `NOT_SENT`, because they would overtake the failed ones. The client's producer is replaced, because its sequence numbers no longer
 * match those of the broker. Records that can never be written (`RECORD_TOO_LARGE`, `UNKNOWN_TOPIC`, `UNKNOWN_PARTITION`) are rejected
 * alone and affect no others.
 *
 * Invariant: `sending` is set if and only if one loop runs; only that loop touches `producer`.
 */
export class SingleFlightProducer implements LogProducer {
  private queue: Waiting[] = []
  private sending: Promise<void> | null = null
  private producer: Producer | null = null
  private closed = false
  /** The records of the request in flight. */
  private out: readonly Waiting[] = []
  private outSince: number | null = null
  private readonly counts: PartitionCounts

  constructor(
    private readonly client: KafkaClient,
    private readonly options: SingleFlightProducerOptions = {},
  ) {
    const admin = new KafkaLogAdmin(client)
    this.counts = new PartitionCounts((topic) => admin.partitionCount(topic))
  }

  /** Connects before the first record, so that a wrong address fails at the start. Optional. */
  async connect(): Promise<void> {
    if (this.closed || this.sending) return
    this.sending = this.ensureProducer().then(() => undefined)
    try {
      await this.sending
    } finally {
      this.sending = null
      this.wake()
    }
  }

  publish(record: OutgoingRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new LogError('CLOSED', 'the producer is closed'))
      this.queue.push({ record, resolve, reject })
      this.wake()
    })
  }

  /** Resolves when all records are written; rejects with the first failure, after all have been settled. */
  async publishAll(records: readonly OutgoingRecord[]): Promise<void> {
    const results = await Promise.allSettled(records.map((record) => this.publish(record)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw toError(failed.reason)
  }

  /** Milliseconds for which the request in flight has waited for its answer; 0 when there is none. For readiness. */
  stalledForMs(): number {
    return this.outSince === null ? 0 : performance.now() - this.outSince
  }

  /** Number of records that wait behind the request in flight. */
  queued(): number {
    return this.queue.length
  }

  /** Sends the queued records for at most `drainMs`, then rejects the records that are left. Accepts no new records from now on. */
  async close(drainMs = 10_000): Promise<void> {
    this.closed = true
    if (this.sending) await endsWithin(processTimers, this.sending, { limitMs: drainMs })
    this.rejectQueue(new LogError('CLOSED', 'the producer was closed before the record was sent'))
    // Has no effect on records that are already settled.
    for (const waiting of this.out) waiting.reject(new LogError('OUTCOME_UNKNOWN', 'the producer was closed too early'))
    await this.dropProducer()
  }

  private wake(): void {
    if (this.sending || this.queue.length === 0) return
    this.sending = this.sendLoop().finally(() => {
      this.sending = null
      this.wake()
    })
  }

  private async sendLoop(): Promise<void> {
    // Records that are published in one tick are sent together.
    await Promise.resolve()
    while (this.queue.length > 0) {
      const batch = await this.takeBatch()
      if (batch.waiting.length > 0) await this.send(batch)
    }
  }

  /** Takes the first records that fit into one request; rejects those among them that can never be written. */
  private async takeBatch(): Promise<Batch> {
    const builder = new BatchBuilder()
    const waiting: Waiting[] = []
    let taken = 0
    for (const next of this.queue) {
      const { topic } = next.record
      const count = this.counts.get(topic)
      if (count === null) {
        // Order matters: the records already taken are sent first; the topic is queried when its record is at the front.
        if (waiting.length > 0) break
        if (taken === 0) await this.learnTopic(topic)
        break
      }
      const placed = placeOrReject(next, count)
      if (placed && !builder.add(placed)) break
      if (placed) waiting.push(next)
      taken++
    }
    this.queue.splice(0, taken)
    return { waiting, records: builder.records }
  }

  /** When the query for a topic fails, only the records of this topic are rejected. */
  private async learnTopic(topic: string): Promise<void> {
    try {
      await this.counts.load(topic)
    } catch (error) {
      const failure = toError(error)
      const { here, others } = partition(this.queue, (waiting) => waiting.record.topic === topic)
      this.queue = others
      for (const waiting of here) waiting.reject(failure)
    }
  }

  private async send({ waiting, records }: Batch): Promise<void> {
    this.outSince = performance.now()
    this.out = waiting
    try {
      const producer = await this.ensureProducer()
      const answer = await producer.sendBatch(toBatch(records))
      assertAllWritten(records, answer)
      for (const record of waiting) record.resolve()
    } catch (error) {
      await this.fail(waiting, error)
    } finally {
      this.outSince = null
      this.out = []
    }
  }

  /** Order matters: everything is rejected before a new producer exists, so that nothing overtakes the failed records. */
  private async fail(waiting: readonly Waiting[], error: unknown): Promise<void> {
    const { logger } = this.client
    logger.warn({ error, records: waiting.length, queued: this.queue.length }, 'a request to Kafka failed')
    const unknown =
      error instanceof LogError
        ? error
        : new LogError('OUTCOME_UNKNOWN', 'it is unknown whether the records were written', error)
    for (const record of waiting) record.reject(unknown)
    this.rejectQueue(new LogError('NOT_SENT', 'a record before this one failed', error))
    await this.dropProducer()
  }

  private rejectQueue(error: LogError): void {
    const rejected = this.queue
    this.queue = []
    for (const waiting of rejected) waiting.reject(error)
  }

  private async ensureProducer(): Promise<Producer> {
    if (this.producer) return this.producer
    const producer = this.client.kafka.producer({
      idempotent: this.options.idempotent ?? true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: this.options.retry ?? OUTLAST_OUTAGES,
    })
    this.producer = producer
    try {
      await producer.connect()
    } catch (error) {
      await this.dropProducer()
      throw error
    }
    return producer
  }

  private async dropProducer(): Promise<void> {
    const { producer } = this
    this.producer = null
    if (!producer) return
    const { logger } = this.client
    const done = producer
      .disconnect()
      .catch((error: unknown) => logger.warn({ error }, 'a producer did not disconnect cleanly'))
    await endsWithin(processTimers, done, { limitMs: DISCONNECT_TIMEOUT_MS })
  }
}

interface Batch {
  readonly waiting: readonly Waiting[]
  readonly records: readonly PlacedRecord[]
}

function placeOrReject(waiting: Waiting, partitionCount: number): PlacedRecord | null {
  try {
    return place(waiting.record, partitionCount)
  } catch (error) {
    waiting.reject(toError(error))
    return null
  }
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): { here: T[]; others: T[] } {
  const here: T[] = []
  const others: T[] = []
  for (const item of items) (belongs(item) ? here : others).push(item)
  return { here, others }
}
