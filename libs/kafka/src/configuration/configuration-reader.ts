import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigurationRecord } from '@hooklane/core/configuration'
import type { LogBatch, LogRecord, TopicPartition } from '@hooklane/core/kernel'
import { KafkaLogAdmin } from '../admin/log-admin.js'
import { toError } from '../client/errors.js'
import type { KafkaClient } from '../client/kafka-client.js'
import { endsWithin } from '../ends-within.js'
import { KafkaLogConsumer } from '../consumer/kafka-log-consumer.js'
import { decodeConfigurationRecord } from './decode-configuration-record.js'

export interface ConfigurationReaderOptions {
  /** Name of the compacted topic; has one partition. */
  readonly topic: string
  /** `<prefix><service>`: the reader's own group is this with `.configuration.<uuid>`. */
  readonly groupPrefix: string
  /** In the order of the topic; copies and older versions included. Must not throw. */
  readonly onRecord: (record: ConfigurationRecord) => void
  /** A record that is none of ours, or damaged. It is passed over. */
  readonly onUndecodable: (record: LogRecord, reason: string) => void
  /** The reader is gone for good: what the process knows grows old. */
  readonly onCrash: (error: Error) => void
}

interface Awaited {
  readonly end: bigint
  resolve(): void
  reject(error: Error): void
}

/** How quickly a change of the configuration is known: the fetch returns with the first record, this bounds a `seek` only. */
const MAX_WAIT_MS = 250
/** Questions for the end fail while no broker answers; asked again so often. */
const RETRY_MS = 1000
/** Without a broker the process must still end; a group that stays behind expires. */
const DELETE_TIMEOUT_MS = 2000

/**
 * Reads the whole configuration topic and follows it. Every process has its own group of one member, which commits nothing and is
 * deleted at a clean stop.
 *
 * Invariant: `next` is the offset after the last one that was handed over; every promise waits for `next` to reach an end. The end of a
 * log can be waited for because its last segment, never compacted, holds at least its last batch.
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

  /** Begins to read. Resolves when reading has begun, not when it has caught up. */
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

  /** Resolves when everything that stood in the topic at the start has been handed over. */
  caughtUp(): Promise<void> {
    return this.initial ?? Promise.reject(new Error('the reader was not started'))
  }

  /**
   * Resolves when everything that stands in the topic now has been handed over. Waits while no broker answers; rejects only when the
   * reader has ended.
   */
  async readToEnd(): Promise<void> {
    const { high } = await this.endsPatiently()
    await this.reached(high)
  }

  /** Offset after the last one handed over. */
  position(): bigint {
    return this.next
  }

  /** Leaves and deletes the group; a group that stays behind expires by itself. */
  async stop(): Promise<void> {
    this.end(new Error('the reader was stopped'))
    await this.consumer.stop()
    const deleted = this.admin.deleteGroup(this.group).catch((error: unknown) => {
      this.client.logger.debug({ error, group: this.group }, 'a reading group was not deleted')
    })
    await endsWithin(DELETE_TIMEOUT_MS, deleted)
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

  /** An empty log (`low == high`) has been read to its end from the start. */
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
        this.client.logger.warn({ error: toError(error) }, 'the end of the configuration is not known: asking again')
        await delay(RETRY_MS)
      }
    }
  }
}
