import type { LogProducer } from '@hooklane/core/kernel'
import { quarantineRecord, type RefusedRecord } from '@hooklane/kafka/host'
import { reportQuarantined, type ConsumerMetrics, type Skips } from '@hooklane/observability'
import { RefusedByLog, type DeliveryLogWriter } from '@hooklane/postgres'
import type { RecorderMetrics } from '../metrics.js'
import type { Waiting } from './batch-queue.js'
import type { Entry } from './decode-entry.js'

export interface BatchRecordingOptions {
  /** Topic for records that cannot be recorded. */
  readonly quarantine: string
  readonly producer: LogProducer
  readonly writer: DeliveryLogWriter
  readonly metrics: RecorderMetrics
  readonly consumers: ConsumerMetrics
  /** Consumer group that reads the records. */
  readonly group: string
  readonly skips: Skips
  /** Called with whether the database accepts writes. Not called for records that go to quarantine, because these go to Kafka. */
  readonly onWriteOutcome: (succeeded: boolean) => void
}

/** Writes batches: entries go to the delivery log; records that cannot be read or that the database refuses go to quarantine. */
export class BatchRecording {
  /** Records that are already in quarantine. They must not be put there again when their batch is retried. */
  private readonly putAside = new WeakSet<Waiting>()

  constructor(private readonly options: BatchRecordingOptions) {}

  /** @throws when it is not certain that the whole batch was recorded */
  async record(batch: readonly Waiting[]): Promise<void> {
    const stop = this.options.metrics.writeSeconds.startTimer()
    const bad = batch.flatMap((one) => (one.entry === null ? [{ one, reason: one.reason }] : []))
    await this.quarantine(bad)
    const good = batch.filter((one) => one.entry !== null && !this.putAside.has(one))
    const refused = await this.writeEntries(good)
    // Reported only when the whole batch is written: if its second half keeps failing, the first half must not report success each time.
    if (good.length > 0) this.options.onWriteOutcome(true)
    await this.quarantine(refused)
    stop()
  }

  /** Writes the entries and returns those that the database refuses, found by bisection, so that they do not block the others. */
  private async writeEntries(batch: readonly Waiting[]): Promise<Refusal[]> {
    const entries = batch.flatMap((one) => (one.entry === null ? [] : [one.entry]))
    const reason = await this.writeToDatabase(entries)
    if (reason === null) return []
    const [only] = batch
    if (batch.length > 1 || !only) {
      const middle = Math.ceil(batch.length / 2)
      return [...(await this.writeEntries(batch.slice(0, middle))), ...(await this.writeEntries(batch.slice(middle)))]
    }
    // Retried once: a missing partition of the table also causes a refusal, and the next write creates that partition.
    const again = await this.writeToDatabase(entries)
    return again === null ? [] : [{ one: only, reason: `refused:${again}` }]
  }

  /**
   * Returns why the database refuses the entries; null when they were written.
   *
   * @throws when the outcome is unknown
   */
  private async writeToDatabase(entries: readonly Entry[]): Promise<string | null> {
    if (entries.length === 0) return null
    try {
      await this.options.writer.write(entries)
      return null
    } catch (error) {
      // A refusal proves that the database works.
      if (error instanceof RefusedByLog) return error.reason
      this.options.onWriteOutcome(false)
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
    const message = 'records could not be recorded and were put into quarantine'
    reportQuarantined({ metrics: consumers, skips, group }, refused, { level: 'error', message })
  }
}

/** A record that goes to quarantine, and the reason. */
interface Refusal {
  readonly one: Waiting
  readonly reason: string
}
