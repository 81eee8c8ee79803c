import { randomUUID } from 'node:crypto'
import type { ConfigurationRecord } from '@hooklane/core/configuration'
import {
  endsWithin,
  pause,
  processTimers,
  type LogBatch,
  type LogRecord,
  type TopicPartition,
} from '@hooklane/core/kernel'
import { KafkaLogAdmin } from '../admin/log-admin.js'
import { toError } from '../client/errors.js'
import type { KafkaClient } from '../client/kafka-client.js'
import { KafkaLogConsumer } from '../consumer/kafka-log-consumer.js'
import { decodeConfigurationRecord } from './decode-configuration-record.js'

export interface ConfigurationReaderOptions {
  /** Name of the compacted topic; has one partition. */
  readonly topic: string
  /** `<prefix><service>`; the reader's own group is named this plus `.configuration.<uuid>`. */
  readonly groupPrefix: string
  /** Called with every record in the order of the topic, including duplicates and older versions. Must not throw. */
  readonly onRecord: (record: ConfigurationRecord) => void
  /** Called for a record that is foreign or damaged; it is skipped. */
  readonly onUndecodable: (record: LogRecord, reason: string) => void
  /** Called when the reader has ended for good. From then on the process does not see changes of the configuration. */
  readonly onCrash: (error: Error) => void
}

interface Awaited {
  readonly end: bigint
  resolve(): void
  reject(error: Error): void
}

/**
 * How long a fetch may wait for records. It does not delay changes, because a fetch returns with the first record. It only limits the time
 * that a `seek` takes.
 */
const MAX_WAIT_MS = 250
/** How often to retry the query for the end of the topic, which fails while no broker answers. */
const RETRY_MS = 1000
/** Maximum wait for the deletion of the group, so that the process ends even without a broker. A group that remains expires by itself. */
const DELETE_TIMEOUT_MS = 2000

/**
 * Reads the whole configuration topic and follows it. Every process has its own group of one member, which commits nothing and is
 * deleted at an orderly stop.
 *
 * Invariant: `next` is the offset up to which everything was read and passed to `onRecord` or `onUndecodable`. Every promise in `awaited`
 * waits until `next` reaches its `end`. This always happens, because Kafka never compacts the last segment of a log, which contains at
 * least the last batch.
 */
export class ConfigurationReader {
  private readonly admin: KafkaLogAdmin
  private readonly consumer: KafkaLogConsumer
  private readonly group: string
  private readonly at: TopicPartition
  private next = 0n
  private awaited: Awaited[] = []
  private ended: Error | null = null
  private initial: Promise<void> | null = null

  constructor(
    private readonly client: KafkaClient,
    private readonly options: ConfigurationReaderOptions,
  ) {
    this.admin = new KafkaLogAdmin(client)
    this.group = `${options.groupPrefix}.configuration.${randomUUID()}`
    this.at = { topic: options.topic, partition: 0 }
    this.consumer = new KafkaLogConsumer(client, {
      group: this.group,
      topics: [options.topic],
      maxWaitMs: MAX_WAIT_MS,
      maxBytesPerPartition: 4 * 1024 * 1024,
    })
  }

  /** Starts to read. Resolves when reading has started, not when it has caught up. */
  async start(): Promise<void> {
    const { low, high } = await this.ends()
    this.next = low
    this.initial = this.reached(high)
    this.initial.catch(() => undefined)
    await this.consumer.start({
      onAssigned: (assigned, control) => {
        if (assigned.length > 0) control.seek(this.at, this.next)
      },
      onBatch: (batch) => this.take(batch),
      onCrash: (error) => {
        this.end(error)
        this.options.onCrash(error)
      },
    })
  }

  /** Resolves when everything that was in the topic at the start has been read. */
  caughtUp(): Promise<void> {
    return this.initial ?? Promise.reject(new Error('the reader was not started'))
  }

  /**
   * Resolves when everything that is in the topic at the time of the call has been read. Waits while no broker answers; rejects only
   * when the reader has ended.
   */
  async readToEnd(): Promise<void> {
    const { high } = await this.endsPatiently()
    await this.reached(high)
  }

  /** The offset after the last record read. */
  position(): bigint {
    return this.next
  }

  /** Leaves and deletes the group. A group that could not be deleted expires by itself. */
  async stop(): Promise<void> {
    this.end(new Error('the reader was stopped'))
    await this.consumer.stop()
    const deleted = this.admin.deleteGroup(this.group).catch((error: unknown) => {
      this.client.logger.debug({ error, group: this.group }, 'a temporary consumer group was not deleted')
    })
    await endsWithin(processTimers, deleted, { limitMs: DELETE_TIMEOUT_MS })
  }

  private take(batch: LogBatch): void {
    for (const record of batch.records) {
      if (record.offset < this.next) continue
      const decoded = decodeConfigurationRecord(record)
      if (decoded.ok) this.options.onRecord(decoded.value)
      else this.options.onUndecodable(record, decoded.reason)
      this.next = record.offset + 1n
    }
    if (batch.endOffset > this.next) this.next = batch.endOffset
    this.settle()
  }

  private settle(): void {
    const reached = this.awaited.filter((wait) => wait.end <= this.next)
    this.awaited = this.awaited.filter((wait) => wait.end > this.next)
    for (const wait of reached) wait.resolve()
  }

  private reached(end: bigint): Promise<void> {
    if (this.ended) return Promise.reject(this.ended)
    if (end <= this.next) return Promise.resolve()
    return new Promise((resolve, reject) => this.awaited.push({ end, resolve, reject }))
  }

  private end(error: Error): void {
    this.ended ??= error
    const { awaited } = this
    this.awaited = []
    for (const wait of awaited) wait.reject(error)
  }

  /** Returns the start and the end of the topic. In an empty log they are equal, so the reader has caught up at once. */
  private async ends(): Promise<{ low: bigint; high: bigint }> {
    const partitions = await this.admin.offsets(this.options.topic)
    const [first] = partitions
    if (!first || partitions.length !== 1) {
      throw new Error(`${this.options.topic} must have exactly one partition, it has ${partitions.length}`)
    }
    return first.low === first.high ? { low: first.high, high: first.high } : first
  }

  private async endsPatiently(): Promise<{ low: bigint; high: bigint }> {
    for (;;) {
      if (this.ended) throw this.ended
      try {
        return await this.ends()
      } catch (error) {
        this.client.logger.warn(
          { error: toError(error) },
          'the end of the configuration topic could not be queried; trying again',
        )
        await pause(processTimers, RETRY_MS)
      }
    }
  }
}
