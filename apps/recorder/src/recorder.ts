import type { Clock, LogBatch } from '@hooklane/core/kernel'
import type { Assignment, ConsumerHost, PartitionHandler } from '@hooklane/kafka/host'
import type { Logger } from '@hooklane/observability'
import type { BatchRecording } from './batches/batch-recording.js'
import { BatchQueue, type Waiting } from './batches/batch-queue.js'
import { decodeEntry } from './batches/decode-entry.js'
import type { RecorderMetrics } from './metrics.js'
import { CommittedStarts, type PartitionStart } from './positions/committed-starts.js'

/** How long an incomplete batch waits for more records. Too low: more transactions. Too high: the log is less current. */
const LINGER_MS = 100
/** Maximum bytes of one transaction. Too low: more transactions. Too high: long transactions, and several times as much memory. */
const BATCH_BYTES = 8 * 1024 * 1024
/** Reading also pauses above this number of bytes: most records have a few kilobytes, but a dead letter may have a megabyte. */
const BUFFER_BYTES = 64 * 1024 * 1024

export interface RecorderOptions {
  readonly host: ConsumerHost
  readonly batchMax: number
  /** Reading pauses above this number of records. */
  readonly bufferMax: number
  readonly recording: BatchRecording
  /**
   * Start offsets of a topic by partition: the committed offset of the group, or the start of the log if no offset is committed or the
   * committed one has expired.
   */
  readonly startOffsets: (topic: string) => Promise<ReadonlyMap<number, bigint>>
  readonly clock: Pick<Clock, 'after'>
  readonly metrics: RecorderMetrics
  readonly logger: Logger
  /** Called when the assigned partitions are being read. */
  readonly onReading: () => void
}

/**
 * Writes the reports of dispatchers to the delivery log. Its progress is the committed offset of the group. After a crash the records since
 * the last commit are read and written again, which changes nothing.
 */
export class Recorder implements PartitionHandler {
  private readonly batches: BatchQueue
  private readonly starts: CommittedStarts
  private isPaused = false
  /** Number of records of each partition that are not read yet, as of its last batch. */
  private readonly unread = new Map<string, bigint>()

  constructor(private readonly options: RecorderOptions) {
    const { host, metrics, logger, clock, startOffsets } = options
    this.starts = new CommittedStarts({ clock, startOffsets, logger, onFound: (starts) => this.readFrom(starts) })
    this.batches = new BatchQueue({
      clock,
      batchMax: options.batchMax,
      batchMaxBytes: BATCH_BYTES,
      lingerMs: LINGER_MS,
      write: (batch) => options.recording.record(batch),
      commit: (offsets) =>
        host.commit(offsets).catch((error: unknown) => {
          logger.debug({ error }, 'offsets could not be committed; the records are written again after the next start')
        }),
      onFailure: (error, retryInMs) => {
        metrics.writeFailures.inc()
        logger.warn({ error, retryInMs }, 'a batch could not be recorded; trying again')
      },
      onWritten: (batch) => this.onWritten(batch),
    })
  }

  onAssigned({ held }: Assignment): void {
    this.unread.clear()
    this.starts.find(held)
  }

  /**
   * After a rebalance every partition, even one that was kept, resumes at the committed offset. Records after it are written twice, which
   * changes nothing.
   */
  positionOf(): null {
    return null
  }

  onBatch(batch: LogBatch): void {
    const waiting = batch.records.map((at): Waiting => {
      const decoded = decodeEntry(at)
      return decoded.ok ? { at, entry: decoded.value } : { at, entry: null, reason: decoded.reason }
    })
    if (waiting.length > 0) this.batches.add(waiting)
    const { topic, partition, highWatermark, endOffset } = batch
    this.unread.set(`${topic}/${partition}`, highWatermark > endOffset ? highWatermark - endOffset : 0n)
    const { metrics, host, bufferMax } = this.options
    metrics.buffered.set(this.batches.size)
    if (!this.isPaused && (this.batches.size > bufferMax || this.batches.bytes > BUFFER_BYTES)) {
      this.isPaused = true
      host.pause(host.held())
    }
  }

  lagRecords(): number {
    const unread = [...this.unread.values()].reduce((sum, records) => sum + records, 0n)
    return Number(unread) + this.batches.size
  }

  async drain(): Promise<void> {
    await this.batches.stop()
  }

  private readFrom(starts: readonly PartitionStart[]): void {
    const { host, onReading } = this.options
    for (const { at, offset } of starts) host.seek(at, offset)
    if (!this.isPaused) host.resume(host.held())
    onReading()
  }

  private onWritten(batch: readonly Waiting[]): void {
    const { metrics, bufferMax, host } = this.options
    const waiting = this.batches.size
    for (const one of batch) if (one.entry) metrics.recorded.inc({ kind: one.entry.kind })
    metrics.buffered.set(waiting)
    const oldest = Math.min(...batch.map((one) => one.at.timestampMs))
    metrics.ageSeconds.set(Math.max(0, (Date.now() - oldest) / 1000))
    if (this.isPaused && waiting < bufferMax / 2 && this.batches.bytes < BUFFER_BYTES / 2) {
      this.isPaused = false
      host.resume(host.held())
    }
  }
}
