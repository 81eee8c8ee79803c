import type { EntityEvent, OwnEventName, ResyncData } from '@hooklane/contracts/public'
import { upstreamEventId } from '../kernel/identity/ids.js'
import type { LogRecord, TopicPartition } from '../kernel/log/log.js'
import { partitionOfKey } from '../kernel/partition/murmur2.js'

/** Offsets whose events retention deleted before they were routed: `from` included, `to` not. */
export interface ExpiredRange {
  readonly from: bigint
  readonly to: bigint
}

export interface ExpiredEvents extends ExpiredRange, TopicPartition {
  /** Number of partitions of the topic. */
  readonly partitions: number
  /** When the loss was found; RFC 3339, UTC. */
  readonly foundAt: string
}

const PRODUCER = 'hooklane'
const TYPE: OwnEventName = 'resync.required'

/**
 * The records to route in place of the expired events: a `resync.required` for each company whose events lie in the partition. It is
 * unknown whose events expired, so all of these companies have to fetch again.
 *
 * Order matters: every record but the last has an offset before the range. So if a transaction ends between two of these records, routing
 * resumes before the range. The next owner then makes the same events again, and treats those that were already routed as copies. The last
 * record has the last offset of the range, so routing resumes after the range.
 */
export function resyncRecordsFor(expired: ExpiredEvents, companyIds: readonly string[]): LogRecord[] {
  const { topic, partition, partitions, from, to } = expired
  const concerned = companyIds.filter((id) => partitionOfKey(Buffer.from(id), partitions) === partition)
  return concerned.map((companyId, index) => ({
    topic,
    partition,
    offset: index === concerned.length - 1 ? to - 1n : from > 0n ? from - 1n : 0n,
    key: Buffer.from(companyId),
    value: Buffer.from(JSON.stringify(resyncOf(expired, companyId))),
    headers: {},
    timestampMs: Date.parse(expired.foundAt),
  }))
}

function resyncOf({ topic, partition, from, foundAt }: ExpiredEvents, companyId: string): EntityEvent {
  const data: ResyncData = { producer: null, from: null, to: null, reason: 'retention', resources: [] }
  return {
    id: upstreamEventId(companyId, PRODUCER, `expired ${topic} ${partition} ${from}`),
    producer: PRODUCER,
    type: TYPE,
    companyId,
    subscriptionId: null,
    entity: { type: 'source', id: PRODUCER, key: null, url: null },
    occurredAt: foundAt,
    revision: null,
    batch: null,
    data,
  }
}
