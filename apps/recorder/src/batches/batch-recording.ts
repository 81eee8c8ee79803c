import type { LogProducer } from '@hooklane/core/kernel'
import { quarantineRecord, type RefusedRecord } from '@hooklane/kafka/host'
import { reportQuarantined, type ConsumerMetrics, type Skips } from '@hooklane/observability'
import { RefusedByLog, type DeliveryLogWriter } from '@hooklane/postgres'
import type { RecorderMetrics } from '../metrics.js'
import type { Waiting } from './batch-writer.js'
import type { Entry } from './decode-entry.js'

export interface BatchRecordingOptions {
  /** Topic of what goes aside. */
  readonly quarantine: string
  readonly producer: LogProducer
  readonly writer: DeliveryLogWriter
  readonly metrics: RecorderMetrics
  readonly consumers: ConsumerMetrics
  /** Consumer group that the records are read by. */
  readonly group: string
  readonly skips: Skips
  /** Whether the database takes what is read; what goes aside, to Kafka, says nothing of it. */
  readonly onWriting: (works: boolean) => void
}

/** Records batches: entries go to the delivery log; what cannot be read, and what the database refuses, to quarantine. */
export class BatchRecording {
  /** A batch is tried again until it is written; what was put aside meanwhile is not put aside again. */
  private readonly putAside = new WeakSet<Waiting>()

  constructor(private readonly options: BatchRecordingOptions) {}

  /** @throws when it is not known to be done */
  async record(batch: readonly Waiting[]): Promise<void> {
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
    const { quarantine: topic, producer, skips, consumers, group } = this.options
    const refused = fresh.map(({ one, reason }): RefusedRecord => ({ record: one.at, reason }))
    const at = new Date().toISOString()
    await producer.publishAll(refused.map((one) => quarantineRecord(one, { topic, service: 'recorder', at })))
    for (const { one } of fresh) this.putAside.add(one)
    const message = 'records cannot be recorded and went to quarantine'
    reportQuarantined({ metrics: consumers, skips, group }, refused, { level: 'error', message })
  }
}

/** A record that goes aside, and why. */
interface Refusal {
  readonly one: Waiting
  readonly reason: string
}
