import { Backoff, endsWithin, pause, processTimers, type LogProducer, type OutgoingRecord } from '@hooklane/core/kernel'

/** Limits of one batch; the producer may split a batch into requests. Too high: more memory. Too low: more round trips. */
const BATCH_RECORDS = 500
const BATCH_BYTES = 1024 * 1024
/**
 * Above these limits `add` waits, so that changes wait in the WAL of Postgres and not in memory. The number of records is limited, too,
 * because a small record takes more memory than its bytes.
 */
const QUEUE_BYTES = 8 * 1024 * 1024
const QUEUE_RECORDS = 10_000
/** Pauses after a failed request. Too low: requests flood starting brokers. Too high: events wait longer. */
const PAUSES = { firstMs: 200, maxMs: 5_000 }

/** Returns whether the topic holds the record already. */
export type PublishedCheck = (record: OutgoingRecord) => boolean

export interface OrderedPublisherOptions {
  readonly producer: LogProducer
  /** Reads the topic back, and returns the check of which records it already holds. */
  readonly readBack: () => Promise<PublishedCheck>
  readonly onPublished: (published: number, repeated: number) => void
  readonly onFailure: (error: unknown, retryInMs: number) => void
  readonly onQueued: (records: number) => void
  /** The largest record that Kafka accepts. A larger record would hold up all records behind it for ever. */
  readonly maxRecordBytes: number
}

/** Publishing ended while records waited. They were not sent. The next start reads their changes from the WAL again. */
export class PublisherStopped extends Error {
  readonly code = 'PUBLISHER_STOPPED'
  constructor() {
    super('the publisher was stopped')
    this.name = 'PublisherStopped'
  }
}

interface Entry {
  readonly record: OutgoingRecord
  readonly bytes: number
  /** Called when this record and all records before it are durable. */
  onDurable: (() => void) | null
}

/**
 * Publishes the records of one source in their order, each once, and retries until Kafka has them.
 *
 * Only one batch is pending at a time. After a failure, the same batch is tried again before any later record. It is unknown which records
 * a failed request has left in the topic. So the topic is read back first, at the start and after each failure, and records that it holds
 * are not published again.
 *
 * The queue limits the memory, also while Kafka is unreachable: callers of `add` wait while the queue is full, and a record has at most one
 * callback, however many transactions without events follow it.
 *
 * Invariant: entries leave `queue` from the front, when they are durable. `isPublished` is null exactly while the topic must be read back.
 */
export class OrderedPublisher {
  private queue: Entry[] = []
  private queuedBytes = 0
  private isPublished: PublishedCheck | null = null
  private loop: Promise<void> | null = null
  private room: { promise: Promise<void>; resolve: () => void } | null = null
  private readonly stopping = new AbortController()

  constructor(private readonly options: OrderedPublisherOptions) {}

  /** Queues a record. Returns a promise when the caller has to wait before it adds the next one. @throws PublisherStopped */
  add(record: OutgoingRecord): Promise<void> | undefined {
    const bytes = sizeOf(record)
    if (bytes > this.options.maxRecordBytes) {
      throw new Error(`a record of ${bytes} bytes for ${record.topic} is larger than Kafka takes`)
    }
    if (this.isStopped) throw new PublisherStopped()
    this.queue.push({ record, bytes, onDurable: null })
    this.queuedBytes += bytes
    this.loop ??= this.run()
    return this.isFull ? this.waitForRoom() : undefined
  }

  /**
   * Calls `onDurable` when all records added so far are durable, or at once if they already are. Never calls it if publishing stops first,
   * or if this method is called again before the next `add`: the later call is about the same records and replaces the earlier one.
   * @throws PublisherStopped
   */
  whenDurable(onDurable: () => void): void {
    if (this.isStopped) throw new PublisherStopped()
    const last = this.queue.at(-1)
    if (last) last.onDurable = onDurable
    else onDurable()
  }

  /** Resolves when everything added so far is durable. @throws PublisherStopped */
  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopped = () => reject(new PublisherStopped())
      this.stopping.signal.addEventListener('abort', stopped, { once: true })
      this.whenDurable(() => {
        this.stopping.signal.removeEventListener('abort', stopped)
        resolve()
      })
    })
  }

  /** Call when another process may have published: the topic is read back before anything more is sent. */
  readAgain(): void {
    this.isPublished = null
  }

  /** Resolves when Kafka has answered the pending request, or after `limitMs`. Records behind that request are not sent. */
  async stop(limitMs: number): Promise<void> {
    this.stopping.abort()
    this.room?.resolve()
    if (this.loop) await endsWithin(processTimers, this.loop, { limitMs })
  }

  private get isStopped(): boolean {
    return this.stopping.signal.aborted
  }

  private get isFull(): boolean {
    return this.queuedBytes > QUEUE_BYTES || this.queue.length > QUEUE_RECORDS
  }

  private async waitForRoom(): Promise<void> {
    if (!this.room) {
      let resolve: () => void = () => undefined
      const promise = new Promise<void>((done) => (resolve = done))
      this.room = { promise, resolve }
    }
    await this.room.promise
    if (this.isStopped) throw new PublisherStopped()
  }

  private async run(): Promise<void> {
    // Records that are added in the same turn of the event loop are published together.
    await Promise.resolve()
    // The batch that failed stays at the front: nothing else is published before it.
    const backoff = new Backoff(PAUSES)
    while (this.queue.length > 0 && !this.isStopped) {
      try {
        await this.publishBatch()
        backoff.succeeded()
      } catch (error) {
        this.isPublished = null
        const pauseMs = backoff.failed()
        this.options.onFailure(error, pauseMs)
        await pause(processTimers, pauseMs, this.stopping.signal)
      }
    }
    // Order matters: there is no `await` between the last check of `queue` and this line. Otherwise a record that is added in between would
    // wait until another record is added.
    this.loop = null
  }

  private async publishBatch(): Promise<void> {
    const batch = takeFront(this.queue)
    this.isPublished ??= await this.options.readBack()
    if (this.isStopped) return
    const isPublished = this.isPublished
    const fresh = batch.map(({ record }) => record).filter((record) => !isPublished(record))
    if (fresh.length > 0) await this.options.producer.publishAll(fresh)
    this.options.onPublished(fresh.length, batch.length - fresh.length)
    this.settle(batch)
  }

  private settle(batch: readonly Entry[]): void {
    this.queue = this.queue.slice(batch.length)
    for (const { bytes } of batch) this.queuedBytes -= bytes
    this.options.onQueued(this.queue.length)
    for (const { onDurable } of batch) onDurable?.()
    if (this.queuedBytes <= QUEUE_BYTES / 2 && this.queue.length <= QUEUE_RECORDS / 2) {
      this.room?.resolve()
      this.room = null
    }
  }
}

/** Takes at least one entry, however large. */
function takeFront(queue: readonly Entry[]): Entry[] {
  const batch: Entry[] = []
  let bytes = 0
  for (const entry of queue) {
    if (batch.length > 0 && (batch.length >= BATCH_RECORDS || bytes + entry.bytes > BATCH_BYTES)) break
    batch.push(entry)
    bytes += entry.bytes
  }
  return batch
}

/** Allowance for the headers, and for what Kafka adds to a record. */
const RECORD_OVERHEAD = 256

const sizeOf = ({ key, value }: OutgoingRecord): number => RECORD_OVERHEAD + bytesOf(key) + bytesOf(value)

const bytesOf = (part: string | Buffer | null): number =>
  part === null ? 0 : typeof part === 'string' ? Buffer.byteLength(part) : part.length
