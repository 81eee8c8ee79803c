import { Backoff, type LogRecord, type TopicPartition } from '@hooklane/core/kernel'
import type { Entry } from './decode-entry.js'

/** One record that waits to be written: an entry, or bytes that go to quarantine. */
export type Waiting = { readonly at: LogRecord } & (
  { readonly entry: Entry } | { readonly entry: null; readonly reason: string }
)

export interface BatchWriterOptions {
  readonly batchMax: number
  /** Keys and values of one batch, exceeded by its first record alone: a dead letter may be as large as Kafka takes. */
  readonly batchMaxBytes: number
  /** How long a batch that is not full waits for more. */
  readonly lingerMs: number
  /** Writes the entries to the log and the rest to quarantine; rejects when it is not known to be done. */
  readonly write: (batch: readonly Waiting[]) => Promise<void>
  /** Everything below these offsets is written. Failures are the callee's: nothing depends on it but lag and rework. */
  readonly commit: (offsets: readonly (TopicPartition & { readonly offset: bigint })[]) => Promise<void>
  readonly onFailure: (error: unknown, retryInMs: number) => void
  readonly onWritten: (batch: readonly Waiting[]) => void
}

/**
 * Takes records as they are read and writes them one batch after another, each as large as what came in meanwhile: what one fetch found in
 * several partitions comes in pieces, and every batch costs a transaction and a commit of offsets. A batch that fails is written again,
 * unchanged, until it succeeds: the log ignores copies. Partitions that were taken away keep their records here; whoever
 * reads them again writes copies, which are ignored as well.
 */
export class BatchWriter {
  private waiting: Waiting[] = []
  private waitingBytes = 0
  private running: Promise<void> | null = null
  private stopped = false
  private wake: (() => void) | null = null

  constructor(private readonly options: BatchWriterOptions) {}

  get size(): number {
    return this.waiting.length
  }

  /** Of keys and values that wait. */
  get bytes(): number {
    return this.waitingBytes
  }

  add(records: readonly Waiting[]): void {
    for (const record of records) {
      this.waiting.push(record)
      this.waitingBytes += bytesOf(record)
    }
    if (this.waiting.length > 0) this.running ??= this.run()
  }

  /** Writes what is waiting; a batch that cannot be written now is given up (it is read again by the next process). */
  async stop(): Promise<void> {
    this.stopped = true
    this.wake?.()
    await this.running
  }

  private async run(): Promise<void> {
    // What failed stands at the front: nothing is written before it has been.
    const backoff = new Backoff(PAUSES)
    while (this.waiting.length > 0) {
      if (!this.hasFullBatch && !this.stopped) await this.pause(this.options.lingerMs)
      const batch = this.takeFront()
      try {
        await this.options.write(batch)
      } catch (error) {
        const retryInMs = backoff.failed()
        this.options.onFailure(error, retryInMs)
        if (this.stopped) break
        await this.pause(retryInMs)
        continue
      }
      backoff.succeeded()
      this.waiting = this.waiting.slice(batch.length)
      for (const record of batch) this.waitingBytes -= bytesOf(record)
      this.options.onWritten(batch)
      await this.options.commit(endsOf(batch))
    }
    // In the tick of the last look at `waiting`: what is added later must find nobody running.
    this.running = null
  }

  private get hasFullBatch(): boolean {
    return this.waiting.length >= this.options.batchMax || this.waitingBytes >= this.options.batchMaxBytes
  }

  private takeFront(): Waiting[] {
    let bytes = 0
    const end = this.waiting.findIndex((record, at) => {
      bytes += bytesOf(record)
      return at > 0 && (at >= this.options.batchMax || bytes > this.options.batchMaxBytes)
    })
    return end === -1 ? [...this.waiting] : this.waiting.slice(0, end)
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** After a batch that failed. Shorter hammers a database that starts, longer keeps the log behind. */
const PAUSES = { firstMs: 100, maxMs: 5_000 }

const bytesOf = ({ at }: Waiting): number => (at.key?.length ?? 0) + (at.value?.length ?? 0)

/** The offset after the last record of each partition in the batch. */
export function endsOf(batch: readonly Waiting[]): (TopicPartition & { readonly offset: bigint })[] {
  const ends = new Map<string, TopicPartition & { readonly offset: bigint }>()
  for (const { at } of batch) {
    ends.set(`${at.topic}/${at.partition}`, { topic: at.topic, partition: at.partition, offset: at.offset + 1n })
  }
  return [...ends.values()]
}
