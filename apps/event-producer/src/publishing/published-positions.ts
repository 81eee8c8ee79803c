import { HEADER } from '@hooklane/contracts'
import { partitionOfKey, type OutgoingRecord } from '@hooklane/core'
import { KafkaLogAdmin, lastRecords, type KafkaClient } from '@hooklane/kafka'
import type { PublishedCheck } from './ordered-publisher.js'

/** The last position of a producer in each partition of the topic; partitions without one are absent. */
export type LastPositions = ReadonlyMap<number, string>

export interface PublishedPositionsOptions {
  readonly client: KafkaClient
  readonly topic: string
  /** Records of other producers stand between ours. */
  readonly producer: string
  readonly groupPrefix: string
}

/**
 * What the topic says of how far a producer has come. Each partition on its own: a crash may have left the last batch in some partitions
 * and not in others.
 */
export class PublishedPositions {
  private readonly admin: KafkaLogAdmin

  constructor(private readonly options: PublishedPositionsOptions) {
    this.admin = new KafkaLogAdmin(options.client)
  }

  async read(): Promise<LastPositions> {
    const { client, topic, producer, groupPrefix } = this.options
    const where = (record: { readonly headers: Readonly<Record<string, Buffer>> }): boolean =>
      record.headers[HEADER.producer]?.toString() === producer
    const last = await lastRecords(client, { topic, count: 1, where, groupPrefix })
    const positions = new Map<number, string>()
    for (const [partition, records] of last) {
      const position = records.at(-1)?.headers[HEADER.position]?.toString()
      if (position !== undefined) positions.set(partition, position)
    }
    return positions
  }

  /** A record is published when its own partition holds its position or a later one. */
  async check(): Promise<PublishedCheck> {
    const { topic } = this.options
    const [positions, partitions] = [await this.read(), await this.admin.partitionCount(topic)]
    return (record) => isPublished(record, positions, partitions)
  }
}

/** Positions of one producer are texts of one width: their order is that of the commits. */
export function isPublished(record: OutgoingRecord, positions: LastPositions, partitions: number): boolean {
  const { key, headers } = record
  const position = headers?.[HEADER.position]
  if (key === null || position === undefined) return false
  const last = positions.get(partitionOfKey(typeof key === 'string' ? Buffer.from(key) : key, partitions))
  return last !== undefined && position <= last
}
