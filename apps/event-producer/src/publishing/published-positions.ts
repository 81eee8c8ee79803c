import { decoderOf, EventSchema, HEADER } from '@hooklane/contracts/public'
import type { LogRecord, OutgoingRecord } from '@hooklane/core/kernel'
import { partitionOfKey } from '@hooklane/core/kernel'
import { KafkaLogAdmin, lastRecords, type KafkaClient } from '@hooklane/kafka'
import type { CaptureMark } from '@hooklane/postgres'
import type { PublishedCheck } from './ordered-publisher.js'

/** The last event of a producer in each partition of the topic; partitions without one are absent. */
export type LastPositions = ReadonlyMap<number, PublishedEvent>

export interface PublishedEvent {
  readonly position: string
  /** Id of the event's transaction; null when the event does not contain it. */
  readonly transactionId: string | null
}

/** How far the producer has published, as known without reading the topic. */
export type KnownPosition = Pick<CaptureMark, 'position' | 'offsets'>

export interface PublishedPositionsOptions {
  readonly client: KafkaClient
  readonly topic: string
  /** The name of our producer. The topic also holds records of other producers. */
  readonly producer: string
  readonly groupPrefix: string
  /** Null: nothing is known, and the topic is read back as far as needed. */
  readonly knownPosition: () => Promise<KnownPosition | null>
  /** Called with the number of records read back, including those of other producers. */
  readonly onReadBack: (records: number) => void
}

/**
 * Reads from the topic how far a producer has published beyond the known position. The answer is given for each partition, because a crash
 * may have left the last batch in some partitions and not in others.
 */
export class PublishedPositions {
  private readonly admin: KafkaLogAdmin

  constructor(private readonly options: PublishedPositionsOptions) {
    this.admin = new KafkaLogAdmin(options.client)
  }

  async read(): Promise<LastPositions> {
    return this.readSince(await this.options.knownPosition())
  }

  /**
   * Returns a check. A record counts as published when the known position is at or after its position, or when its partition holds an event
   * with its position or a later one.
   */
  async check(): Promise<PublishedCheck> {
    const known = await this.options.knownPosition()
    const [positions, partitions] = [await this.readSince(known), await this.admin.partitionCount(this.options.topic)]
    return (record) => isPublished(record, { positions, partitions, known: known?.position ?? '' })
  }

  /** For each partition, the offset that the next record will get. */
  async endOffsets(): Promise<ReadonlyMap<number, bigint>> {
    const offsets = await this.admin.offsets(this.options.topic)
    return new Map(offsets.map(({ partition, high }) => [partition, high]))
  }

  private async readSince(known: KnownPosition | null): Promise<LastPositions> {
    const { client, topic, producer, groupPrefix, onReadBack } = this.options
    const where = (record: { readonly headers: Readonly<Record<string, Buffer>> }): boolean =>
      record.headers[HEADER.producer]?.toString() === producer
    const since = known?.offsets ?? new Map<number, bigint>()
    const last = await lastRecords(client, { topic, count: 1, where, groupPrefix, since, onRead: onReadBack })
    const positions = new Map<number, PublishedEvent>()
    for (const [partition, records] of last) {
      const record = records.at(-1)
      const position = record?.headers[HEADER.position]?.toString()
      if (record && position !== undefined) positions.set(partition, { position, transactionId: transactionOf(record) })
    }
    return positions
  }
}

export interface PublishedSoFar {
  readonly positions: LastPositions
  /** The number of partitions of the topic. */
  readonly partitions: number
  /** Everything up to this position is published; empty: unknown. */
  readonly known: string
}

/** Whether the topic holds the record. Positions of one producer have the same length, so their order as text is the order of commits. */
export function isPublished(record: OutgoingRecord, { positions, partitions, known }: PublishedSoFar): boolean {
  const { key, headers } = record
  const position = headers?.[HEADER.position]
  if (key === null || position === undefined) return false
  if (position <= known) return true
  const last = positions.get(partitionOfKey(typeof key === 'string' ? Buffer.from(key) : key, partitions))
  return last !== undefined && position <= last.position
}

const decodeEvent = decoderOf(EventSchema)

function transactionOf({ value }: LogRecord): string | null {
  const event = decodeEvent(value)
  return event.ok ? (event.value.revision?.transaction?.id ?? null) : null
}
