import { Backoff, pause, type Clock, type LogRecord, type TopicPartition } from '@hooklane/core/kernel'
import type { Entry } from './decode-entry.js'

/** One record that waits to be written: an entry for the log, or a record that goes to quarantine. */
export type Waiting = { readonly at: LogRecord } & (
  { readonly entry: Entry } | { readonly entry: null; readonly reason: string }
)

export interface BatchQueueOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly batchMax: number
  /**
   * Maximum bytes of keys and values in one batch. Only a batch of one record may exceed it: a dead letter may be as large as Kafka allows.
   */
  readonly batchMaxBytes: number
  /** How long a batch that is not full waits for more records. */
  readonly lingerMs: number
  /** Writes the entries to the log and the other records to quarantine. Rejects when it is not certain that everything was written. */
  readonly write: (batch: readonly Waiting[]) => Promise<void>
  /** Commits offsets below which everything is written. Must not reject: after a failed commit, records are only written twice. */
  readonly commit: (offsets: readonly (TopicPartition & { readonly offset: bigint })[]) => Promise<void>
  readonly onFailure: (error: unknown, retryInMs: number) => void
  readonly onWritten: (batch: readonly Waiting[]) => void
}

/**
 * Takes records as they are read and writes them one batch after another. Each batch takes all records that have arrived, up to its limits,
 * because one fetch delivers several partitions in pieces and every batch costs a transaction and a commit of offsets.
 *
 * A failed batch is retried until it succeeds; the log ignores duplicates. Records of partitions that were taken away stay here and are
 * written. The next owner of such a partition writes them again, and the log ignores these duplicates too.
 */
export class BatchQueue {
  private waiting: Waiting[] = []
  private waitingBytes = 0
  private running: Promise<void> | null = null
  private readonly stopping = new AbortController()

  constructor(private readonly options: BatchQueueOptions) {}

  get size(): number {
    return this.waiting.length
  }

  /** Bytes of the keys and values that wait. */
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

  /**
   * Writes the waiting records. Gives up at the first batch that cannot be written now; the next owner of its partitions reads it again.
   */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  private async run(): Promise<void> {
    // Order matters: a failed batch stays at the front, and nothing behind it is written first.
    const backoff = new Backoff(PAUSES)
    while (this.waiting.length > 0) {
      if (!this.hasFullBatch) await this.pause(this.options.lingerMs)
      const batch = this.takeFront()
      try {
        await this.options.write(batch)
      } catch (error) {
        const retryInMs = backoff.failed()
        this.options.onFailure(error, retryInMs)
        if (this.stopping.signal.aborted) break
        await this.pause(retryInMs)
        continue
      }
      backoff.succeeded()
      this.waiting = this.waiting.slice(batch.length)
      for (const record of batch) this.waitingBytes -= bytesOf(record)
      this.options.onWritten(batch)
      await this.options.commit(endsOf(batch))
    }
    // Order matters: set in the same tick as the last check of `waiting`, so that records added from now on start a new run.
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

  /** Ends at once when the queue is stopped. */
  private pause(ms: number): Promise<void> {
    return pause(this.options.clock, ms, this.stopping.signal)
  }
}

/** Pauses after a failed batch. Too short: floods a database that is starting. Too long: the log stays behind. */
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
