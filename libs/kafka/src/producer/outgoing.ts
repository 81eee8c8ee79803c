import type { Message, ProducerBatch, RecordMetadata, TopicMessages } from 'kafkajs'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import { partitionOfKey } from '@hooklane/core/kernel'
import { LogError } from '../client/errors.js'
import { groupBy } from '../group-by.js'

/**
 * Maximum records per request. Too high: delays the records behind them, and may exceed the broker's limit per request. Too low: more CPU
 * per record.
 */
export const MAX_BATCH_RECORDS = 500
/** Maximum bytes per partition and request. The broker refuses a whole batch above `message.max.bytes` (1 MiB by default). */
export const MAX_BATCH_BYTES = 512 * 1024
/** Maximum bytes of a record. With its batch header it still fits the broker's default `message.max.bytes` (1,048,588). */
export const MAX_RECORD_BYTES = 1_000_000

/** A record whose partition and size are known. */
export interface PlacedRecord {
  readonly topic: string
  readonly partition: number
  readonly message: Message
  readonly bytes: number
}

/** Upper bounds, in bytes, of the lengths and other numbers that are stored with a record, and with each of its headers. */
const RECORD_OVERHEAD = 40
const HEADER_OVERHEAD = 10

function recordBytes(record: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD + sizeOf(record.key) + sizeOf(record.value)
  const { headers } = record
  for (const name in headers) bytes += HEADER_OVERHEAD + sizeOf(name) + sizeOf(headers[name] ?? null)
  return bytes
}

const sizeOf = (part: string | Buffer | null): number =>
  part === null ? 0 : typeof part === 'string' ? Buffer.byteLength(part) : part.length

/**
 * Determines the partition of a record: the partition that the record names, otherwise by its key, otherwise (no key) any. Throws
 * `RECORD_TOO_LARGE`, for which the client would fail the whole batch, and `UNKNOWN_PARTITION`, which the client would not report.
 */
export function place(record: OutgoingRecord, partitionCount: number): PlacedRecord {
  const { topic, key, value, headers } = record
  const bytes = recordBytes(record)
  if (bytes > MAX_RECORD_BYTES) {
    throw new LogError(
      'RECORD_TOO_LARGE',
      `a record of ${bytes} bytes is too large for ${topic} (at most ${MAX_RECORD_BYTES})`,
    )
  }
  const partition = record.partition ?? partitionForKey(key, partitionCount)
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitionCount) {
    throw new LogError(
      'UNKNOWN_PARTITION',
      `${topic} has ${partitionCount} partitions: there is no partition ${partition}`,
    )
  }
  return { topic, partition, bytes, message: { key, value, partition, ...(headers ? { headers } : {}) } }
}

/** Records without a key need no order among each other. All go to one partition, which changes every second. */
function partitionForKey(key: string | Buffer | null, partitionCount: number): number {
  if (key === null) return Math.floor(performance.now() / 1000) % partitionCount
  return partitionOfKey(typeof key === 'string' ? Buffer.from(key) : key, partitionCount)
}

/** Collects records for one request until the next record does not fit. The first record always fits. */
export class BatchBuilder {
  readonly records: PlacedRecord[] = []
  private readonly bytesOf = new Map<string, number>()

  /** Adds a record. Returns false, without adding it, when the request is full. */
  add(record: PlacedRecord): boolean {
    if (this.records.length >= MAX_BATCH_RECORDS) return false
    const key = partitionKey(record)
    const bytes = (this.bytesOf.get(key) ?? 0) + record.bytes
    if (bytes > MAX_BATCH_BYTES && this.records.length > 0) return false
    this.bytesOf.set(key, bytes)
    this.records.push(record)
    return true
  }
}

/** Converts records to a request of the client, keeping the order within each partition. */
export function toBatch(records: readonly PlacedRecord[]): ProducerBatch {
  const topicMessages: TopicMessages[] = [...groupBy(records, (record) => record.topic)].map(([topic, group]) => ({
    topic,
    messages: group.map((record) => record.message),
  }))
  return { acks: -1, topicMessages }
}

/**
 * Throws if the partition of a record is missing in the answer. The client resolves a send even then, so only the answer proves that all
 * records were written.
 */
export function assertAllWritten(records: readonly PlacedRecord[], answer: readonly RecordMetadata[]): void {
  const written = new Set(
    answer
      .filter((part) => part.errorCode === 0)
      .map((part) => partitionKey({ topic: part.topicName, partition: part.partition })),
  )
  for (const record of records) {
    if (!written.has(partitionKey(record))) {
      throw new LogError('OUTCOME_UNKNOWN', `${record.topic}/${record.partition} is not in the broker's answer`)
    }
  }
}

const partitionKey = ({ topic, partition }: { topic: string; partition: number }): string => `${partition}/${topic}`
