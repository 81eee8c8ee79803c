import type { Clock, LogBatch } from '@hooklane/core/kernel'
import type { Assignment, ConsumerHost, PartitionReader } from '@hooklane/kafka/host'
import type { Logger } from '@hooklane/observability'
import type { BatchRecording } from './batches/batch-recording.js'
import { BatchWriter, type Waiting } from './batches/batch-writer.js'
import { decodeEntry } from './batches/decode-entry.js'
import type { RecorderMetrics } from './metrics.js'
import { CommittedStarts, type PartitionStart } from './positions/committed-starts.js'

/** Nobody watches the log that closely; more would only make it later. */
const LINGER_MS = 100
/** Of one transaction. Too low: more transactions. Too high: memory, several times as much, and long ones. */
const BATCH_BYTES = 8 * 1024 * 1024
/** Above it reading pauses as above `bufferMax`: most records have a few kilobytes, but a dead letter may have a megabyte. */
const BUFFER_BYTES = 64 * 1024 * 1024

export interface RecorderOptions {
  readonly host: ConsumerHost
  readonly batchMax: number
  /** Reading pauses above it. */
  readonly bufferMax: number
  readonly recording: BatchRecording
  /** Where to go on in a topic, by partition: the group's commit, or the log's start where there is none or retention has passed it. */
  readonly startOffsets: (topic: string) => Promise<ReadonlyMap<number, bigint>>
  readonly clock: Pick<Clock, 'after'>
  readonly metrics: RecorderMetrics
  readonly logger: Logger
  /** What was assigned is being read. */
  readonly onReading: () => void
}

/**
 * Writes what dispatchers report to the delivery log. Progress is the group's committed offset; after a crash the records since the last commit are
 * read again and change nothing.
 */
export class Recorder implements PartitionReader {
  private readonly batches: BatchWriter
  private readonly starts: CommittedStarts
  private isPaused = false
  /** Records behind what was read of each partition, as of its last batch. */
  private readonly unread = new Map<string, bigint>()

  constructor(private readonly options: RecorderOptions) {
    const { host, metrics, logger, clock, startOffsets } = options
    this.starts = new CommittedStarts({ clock, startOffsets, logger, onFound: (starts) => this.readFrom(starts) })
    this.batches = new BatchWriter({
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

  /** Every partition, kept ones too, goes on where the group committed: what lies between is written twice, which changes nothing. */
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
