import { encodeQuarantined, topicNames } from '@hooklane/contracts/records'
import type { LogBatch, LogConsumer, LogConsumerControl, LogProducer, TopicPartition } from '@hooklane/core/kernel'
import { noteQuarantined, type Logger, type Skips } from '@hooklane/observability'
import { RefusedByLog, type DeliveryLogWriter } from '@hooklane/postgres'
import { BatchWriter, type Waiting } from './batches/batch-writer.js'
import { decodeEntry, type Entry } from './batches/decode-entry.js'
import type { RecorderMetrics } from './metrics.js'

/** Nobody watches the log that closely; more would only make it later. */
const LINGER_MS = 100
/** Of one transaction. Too low: more transactions. Too high: memory, several times as much, and long ones. */
const BATCH_BYTES = 8 * 1024 * 1024
/** Above it reading pauses as above `bufferMax`: most records have a few kilobytes, but a dead letter may have a megabyte. */
const BUFFER_BYTES = 64 * 1024 * 1024

export interface RecorderOptions {
  readonly topicPrefix: string
  readonly batchMax: number
  /** Reading pauses above it. */
  readonly bufferMax: number
  readonly consumer: LogConsumer
  readonly producer: LogProducer
  readonly writer: DeliveryLogWriter
  /** Where to go on in a topic, by partition: the group's commit, or the log's start where there is none or retention has passed it. */
  readonly startOffsets: (topic: string) => Promise<ReadonlyMap<number, bigint>>
  readonly metrics: RecorderMetrics
  readonly logger: Logger
  readonly skips: Skips
  readonly onCrash: (error: Error) => void
  readonly onAssigned: () => void
  /** Whether the database takes what is read; what goes aside, to Kafka, says nothing of it. */
  readonly onWriting: (works: boolean) => void
  /** With the age of the last heartbeat that Kafka answered; each second. */
  readonly onHeartbeat: (ageMs: number | null) => void
}

/**
 * Writes what dispatchers report to the delivery log. Progress is the group's committed offset; after a crash the records since the last commit are
 * read again and change nothing.
 */
export class Recorder {
  private readonly batches: BatchWriter
  private assigned: readonly TopicPartition[] = []
  private generation = 0
  private isPaused = false
  /** Records behind what was read of each partition, as of its last batch. */
  private readonly unread = new Map<string, bigint>()
  /** A batch is tried again until it is written; what was put aside meanwhile is not put aside again. */
  private readonly putAside = new WeakSet<Waiting>()

  constructor(private readonly options: RecorderOptions) {
    const { metrics, logger } = options
    this.batches = new BatchWriter({
      batchMax: options.batchMax,
      batchMaxBytes: BATCH_BYTES,
      lingerMs: LINGER_MS,
      write: (batch) => this.write(batch),
      commit: (offsets) =>
        options.consumer.commit(offsets).catch((error: unknown) => {
          logger.debug({ error }, 'offsets could not be committed; the records are written again after the next start')
        }),
      onFailure: (error, retryInMs) => {
        metrics.writeFailures.inc()
        logger.warn({ error, retryInMs }, 'a batch could not be recorded; trying again')
      },
      onWritten: (batch) => this.onWritten(batch),
    })
  }

  async start(): Promise<void> {
    await this.options.consumer.start({
      onAssigned: (assigned, control) => this.onAssigned(assigned, control),
      onBatch: (batch) => this.onBatch(batch),
      onCrash: (error) => this.options.onCrash(error),
    })
  }

  /** Brings the gauges up to date that nothing else changes while Kafka is silent. */
  observe(): void {
    const { metrics, consumer } = this.options
    const unread = [...this.unread.values()].reduce((sum, records) => sum + records, 0n)
    metrics.lag.set(Number(unread) + this.batches.size)
    const fetchedMs = consumer.lastFetchMs()
    if (fetchedMs !== null) metrics.lastFetchAge.set((performance.now() - fetchedMs) / 1000)
    const heartbeatMs = consumer.lastHeartbeatMs()
    this.options.onHeartbeat(heartbeatMs === null ? null : performance.now() - heartbeatMs)
  }

  async stop(): Promise<void> {
    this.options.consumer.pause(this.assigned)
    await this.batches.stop()
    await this.options.consumer.stop()
  }

  /** Every partition, kept ones too, goes on where the group committed: what lies between is written twice, which changes nothing. */
  private onAssigned(assigned: readonly TopicPartition[], control: LogConsumerControl): void {
    this.assigned = assigned
    this.unread.clear()
    this.generation += 1
    control.pause(assigned)
    void this.resumeAtCommits(this.generation)
  }

  private async resumeAtCommits(generation: number): Promise<void> {
    const { consumer, startOffsets, logger, onAssigned } = this.options
    try {
      const topics = [...new Set(this.assigned.map((at) => at.topic))]
      const positions = new Map(
        await Promise.all(topics.map(async (topic) => [topic, await startOffsets(topic)] as const)),
      )
      if (generation !== this.generation) return
      for (const at of this.assigned) {
        consumer.seek(at, positions.get(at.topic)?.get(at.partition) ?? 0n)
      }
      if (!this.isPaused) consumer.resume(this.assigned)
      onAssigned()
    } catch (error) {
      if (generation !== this.generation) return
      logger.warn({ error }, 'the committed offsets could not be read; trying again')
      setTimeout(() => {
        if (generation === this.generation) void this.resumeAtCommits(generation)
      }, 1_000)
    }
  }

  private onBatch(batch: LogBatch): void {
    const waiting = batch.records.map((at): Waiting => {
      const decoded = decodeEntry(at)
      return decoded.ok ? { at, entry: decoded.value } : { at, entry: null, reason: decoded.reason }
    })
    if (waiting.length > 0) this.batches.add(waiting)
    const { topic, partition, highWatermark, endOffset } = batch
    this.unread.set(`${topic}/${partition}`, highWatermark > endOffset ? highWatermark - endOffset : 0n)
    this.options.metrics.buffered.set(this.batches.size)
    if (!this.isPaused && (this.batches.size > this.options.bufferMax || this.batches.bytes > BUFFER_BYTES)) {
      this.isPaused = true
      this.options.consumer.pause(this.assigned)
    }
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    const stop = this.options.metrics.writeSeconds.startTimer()
    const bad = batch.flatMap((one) => (one.entry === null ? [{ one, reason: one.reason }] : []))
    await this.quarantine(bad)
    const good = batch.filter((one) => one.entry !== null && !this.putAside.has(one))
    const refused = await this.writeEntries(good)
    // Said of the whole batch alone: one that fails in its second half is written again with its first half, time after time.
    if (good.length > 0) this.options.onWriting(true)
    await this.quarantine(refused)
    stop()
  }

  /** Returns what the database refuses, found by halves, so that it keeps nothing else from being written. */
  private async writeEntries(batch: readonly Waiting[]): Promise<Refusal[]> {
    const entries = batch.flatMap((one) => (one.entry === null ? [] : [one.entry]))
    const reason = await this.writeToDatabase(entries)
    if (reason === null) return []
    const [only] = batch
    if (batch.length > 1 || !only) {
      const middle = Math.ceil(batch.length / 2)
      return [...(await this.writeEntries(batch.slice(0, middle))), ...(await this.writeEntries(batch.slice(middle)))]
    }
    // Once more, because a missing partition of the table is refused as well, and made by the next write.
    const again = await this.writeToDatabase(entries)
    return again === null ? [] : [{ one: only, reason: `refused:${again}` }]
  }

  /** Returns why the database refuses them; null when they are written. @throws when that is not known */
  private async writeToDatabase(entries: readonly Entry[]): Promise<string | null> {
    if (entries.length === 0) return null
    try {
      await this.options.writer.write(entries)
      return null
    } catch (error) {
      // A refusal is an answer.
      if (error instanceof RefusedByLog) return error.reason
      this.options.onWriting(false)
      throw error
    }
  }

  private async quarantine(bad: readonly Refusal[]): Promise<void> {
    const fresh = bad.filter(({ one }) => !this.putAside.has(one))
    if (fresh.length === 0) return
    const topic = topicNames(this.options.topicPrefix).quarantine
    await this.options.producer.publishAll(
      fresh.map(({ one, reason }) => ({
        topic,
        ...encodeQuarantined({
          reason,
          origin: { topic: one.at.topic, partition: one.at.partition, offset: one.at.offset },
          key: one.at.key,
          value: one.at.value,
          service: 'recorder',
          at: new Date().toISOString(),
        }),
      })),
    )
    for (const { one } of fresh) this.putAside.add(one)
    const refused = fresh.map(({ one, reason }) => ({ record: one.at, reason }))
    noteQuarantined(this.options.skips, refused, {
      level: 'error',
      message: 'records cannot be recorded and went to quarantine',
    })
    this.options.metrics.undecodable.inc(fresh.length)
  }

  private onWritten(batch: readonly Waiting[]): void {
    const { metrics, bufferMax, consumer } = this.options
    const waiting = this.batches.size
    for (const one of batch) if (one.entry) metrics.recorded.inc({ kind: one.entry.kind })
    metrics.buffered.set(waiting)
    const oldest = Math.min(...batch.map((one) => one.at.timestampMs))
    metrics.ageSeconds.set(Math.max(0, (Date.now() - oldest) / 1000))
    if (this.isPaused && waiting < bufferMax / 2 && this.batches.bytes < BUFFER_BYTES / 2) {
      this.isPaused = false
      consumer.resume(this.assigned)
    }
  }
}

/** A record that goes aside, and why. */
interface Refusal {
  readonly one: Waiting
  readonly reason: string
}
