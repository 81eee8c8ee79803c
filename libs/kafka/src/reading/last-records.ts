import { randomUUID } from 'node:crypto'
import type { LogBatch, LogConsumerControl, LogRecord, PartitionOffsets } from '@hooklane/core/kernel'
import { KafkaLogAdmin } from '../admin/log-admin.js'
import { LogError, toError } from '../client/errors.js'
import type { KafkaClient } from '../client/kafka-client.js'
import { KafkaLogConsumer } from '../consumer/kafka-log-consumer.js'
import { deferred } from '../deferred.js'

export interface LastRecordsOptions {
  readonly topic: string
  /** How many of each partition. */
  readonly count: number
  /** Only records that it accepts count. It must not throw. */
  readonly where?: (record: LogRecord) => boolean
  /** Offset of a partition before which nothing is looked for: the way back ends there. Beyond the end (another topic): unused. */
  readonly since?: ReadonlyMap<number, bigint>
  /** Called once with how many records were read to find them, those of others included. */
  readonly onRead?: (records: number) => void
  /** `<prefix><service>`: the reader's own group is this with `.last.<uuid>`. */
  readonly groupPrefix: string
  /**
   * How long nothing may come. A transaction that somebody left open holds the reader until the broker ends it (its timeout and up to 10 s
   * more); a long way back through other producers' records takes as long as it takes. Default 90 s.
   */
  readonly timeoutMs?: number
}

/** Smaller windows cost more turns where markers and aborted records lie between. */
const LEAST_WINDOW = 8n
/** How much farther back each next turn begins. */
const WIDEN_BY = 4n

/**
 * The last committed records of each partition, in order of their offsets, read back from the end that stands now. A partition with
 * fewer (since `since`) gives what it has: every partition is in the answer. Throws `TIMED_OUT`.
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
    await readTails(client, options, admin, new Map(partitions.map((tail) => [tail.partition, tail])))
  }
  options.onRead?.(partitions.reduce((sum, tail) => sum + tail.recordsRead, 0))
  return new Map(partitions.map((tail) => [tail.partition, tail.records()]))
}

async function readTails(
  client: KafkaClient,
  { topic, groupPrefix, timeoutMs = 90_000 }: LastRecordsOptions,
  admin: KafkaLogAdmin,
  tails: ReadonlyMap<number, TailOfPartition>,
): Promise<void> {
  const group = `${groupPrefix}.last.${randomUUID()}`
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
    await admin.deleteGroup(group).catch((error: unknown) => {
      client.logger.debug({ error: toError(error), group }, 'a reading group was not deleted')
    })
  }
}

/**
 * Walks back from the end in widening windows until enough records were found, or the log's start was reached.
 * Each window is read up to where the one before it began, so no record is seen twice.
 */
export class TailOfPartition {
  readonly partition: number
  private readonly low: bigint
  /** Where the running window begins, and where it ends (exclusive). */
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
    this.window = max(LEAST_WINDOW, BigInt(count))
    this.from = max(this.low, this.to - this.window)
    this.readAt = this.from
  }

  get done(): boolean {
    return this.readAt >= this.to
  }

  /** Records in the windows so far, whether they were looked for or not. */
  get recordsRead(): number {
    return this.read
  }

  /** Where reading goes on after a rebalance or a step back. */
  get next(): bigint {
    return this.readAt
  }

  records(): readonly LogRecord[] {
    return this.count === 0 ? [] : this.found.slice(-this.count)
  }

  /** True when the reader must go elsewhere: to `next`, or nowhere when done. */
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
