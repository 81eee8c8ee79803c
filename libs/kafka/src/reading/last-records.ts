import { randomUUID } from 'node:crypto'
import type { LogBatch, LogConsumerControl, LogRecord, PartitionOffsets } from '@hooklane/core/kernel'
import { KafkaLogAdmin } from '../admin/log-admin.js'
import { LogError, toError } from '../client/errors.js'
import type { KafkaClient } from '../client/kafka-client.js'
import { KafkaLogConsumer } from '../consumer/kafka-log-consumer.js'
import { deferred } from '../deferred.js'

export interface LastRecordsOptions {
  readonly topic: string
  /** Number of records per partition. */
  readonly count: number
  /** Only records that this accepts count. It must not throw. */
  readonly where?: (record: LogRecord) => boolean
  /** Partition → the lowest offset to search. An offset beyond the end (of another topic) is ignored. */
  readonly since?: ReadonlyMap<number, bigint>
  /** Called once with the number of records read, including those that do not count. */
  readonly onRead?: (records: number) => void
  /** `<prefix><service>`; the reader's own group is named this plus `.last.<uuid>`. */
  readonly groupPrefix: string
  /**
   * Maximum time without any batch. A transaction that was left open blocks the reader until the broker ends it (after its timeout plus up
   * to 10 s). A long search through the records of other producers is not limited. Default 90 s.
   */
  readonly timeoutMs?: number
}

/** Minimum number of offsets that are searched at once (a window). Too low: more windows where markers and aborted records lie between. */
const MIN_WINDOW = 8n
/** Factor by which each window is larger than the one before. */
const WIDEN_BY = 4n

/**
 * Returns the last committed records of each partition in offset order, searched backwards from the end at the time of the call. The result
 * contains every partition. It has fewer records of a partition if the partition holds fewer (from `since` on). Throws `TIMED_OUT`.
 */
export async function lastRecords(
  client: KafkaClient,
  options: LastRecordsOptions,
): Promise<ReadonlyMap<number, readonly LogRecord[]>> {
  const admin = new KafkaLogAdmin(client)
  const { topic, count, where = () => true, since } = options
  const partitions = (await admin.offsets(topic)).map((ends) => {
    const from = since?.get(ends.partition) ?? 0n
    const low = from > ends.low && from <= ends.high ? from : ends.low
    return new TailOfPartition({ ...ends, low }, count, where)
  })
  const unfinished = () => partitions.filter((tail) => !tail.done)
  if (unfinished().length > 0) {
    const { groupPrefix, timeoutMs = 90_000 } = options
    const group = `${groupPrefix}.last.${randomUUID()}`
    try {
      await readTails(client, { topic, group, timeoutMs }, new Map(partitions.map((tail) => [tail.partition, tail])))
    } finally {
      await admin.deleteGroup(group).catch((error: unknown) => {
        client.logger.debug({ error: toError(error), group }, 'a temporary consumer group was not deleted')
      })
    }
  }
  options.onRead?.(partitions.reduce((sum, tail) => sum + tail.recordsRead, 0))
  return new Map(partitions.map((tail) => [tail.partition, tail.records()]))
}

async function readTails(
  client: KafkaClient,
  { topic, group, timeoutMs }: { readonly topic: string; readonly group: string; readonly timeoutMs: number },
  tails: ReadonlyMap<number, TailOfPartition>,
): Promise<void> {
  const finished = deferred()
  let heardAt = performance.now()
  const settle = (): void => {
    if ([...tails.values()].every((tail) => tail.done)) finished.resolve()
  }
  const position = (tail: TailOfPartition, control: LogConsumerControl): void => {
    const at = { topic, partition: tail.partition }
    if (tail.done) control.pause([at])
    else control.seek(at, tail.next)
  }
  const consumer = new KafkaLogConsumer(client, { group, topics: [topic], maxWaitMs: 100 })
  // Not `withTimeout`, because the time starts over with each batch.
  const patience = setInterval(
    () => {
      if (performance.now() - heardAt < timeoutMs) return
      finished.reject(
        new LogError('TIMED_OUT', `the end of ${topic} could not be read: a transaction may be open in it`),
      )
    },
    Math.min(timeoutMs, 1_000),
  )
  try {
    await consumer.start({
      onAssigned: (assigned, control) => {
        for (const { partition } of assigned) {
          const tail = tails.get(partition)
          if (tail) position(tail, control)
          else control.pause([{ topic, partition }])
        }
      },
      onBatch: (batch) => {
        heardAt = performance.now()
        const tail = tails.get(batch.partition)
        if (tail?.take(batch)) position(tail, consumer)
        settle()
      },
      onCrash: (error) => finished.reject(error),
    })
    await finished.promise
  } finally {
    clearInterval(patience)
    await consumer.stop()
  }
}

/**
 * Searches backwards from the end in growing windows until enough records were found or the start of the log was reached.
 * Each window ends where the previous one began, so no record is read twice.
 */
export class TailOfPartition {
  readonly partition: number
  private readonly low: bigint
  /** The start and the end (exclusive) of the current window. */
  private from: bigint
  private to: bigint
  private readAt: bigint
  private window: bigint
  private inWindow: LogRecord[] = []
  private found: LogRecord[] = []
  private read = 0

  constructor(
    ends: PartitionOffsets,
    private readonly count: number,
    private readonly where: (record: LogRecord) => boolean,
  ) {
    this.partition = ends.partition
    this.low = ends.low
    this.to = ends.high
    this.window = max(MIN_WINDOW, BigInt(count))
    this.from = max(this.low, this.to - this.window)
    this.readAt = this.from
  }

  get done(): boolean {
    return this.readAt >= this.to
  }

  /** Number of records read so far, whether they count or not. */
  get recordsRead(): number {
    return this.read
  }

  /** The next offset to read, also after a rebalance and at the start of an earlier window. */
  get next(): bigint {
    return this.readAt
  }

  records(): readonly LogRecord[] {
    return this.count === 0 ? [] : this.found.slice(-this.count)
  }

  /** Takes a batch. Returns true when the reader must seek to `next`, or must stop reading because the search is done. */
  take(batch: LogBatch): boolean {
    if (this.done) return true
    for (const record of batch.records) {
      if (record.offset < this.readAt || record.offset >= this.to) continue
      this.read++
      if (this.where(record)) this.inWindow.push(record)
    }
    if (batch.endOffset > this.readAt) this.readAt = batch.endOffset
    if (this.readAt < this.to) return false
    this.stepBack()
    return true
  }

  private stepBack(): void {
    this.found = [...this.inWindow, ...this.found]
    this.inWindow = []
    if (this.found.length >= this.count || this.from === this.low) return
    this.to = this.from
    this.window *= WIDEN_BY
    this.from = max(this.low, this.to - this.window)
    this.readAt = this.from
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
