import { encodeQuarantined } from '@hooklane/contracts/records'
import type { LogRecord, OutgoingRecord } from '@hooklane/core/kernel'

/** A record that cannot be processed, and the reason, which may contain a path, as in `schema:/entity/id`. */
export interface RefusedRecord {
  readonly record: LogRecord
  readonly reason: string
}

export interface QuarantineContext {
  /** The topic of quarantined records. */
  readonly topic: string
  /** The service that refused the record. */
  readonly service: string
  /** When the record was refused (RFC 3339). */
  readonly at: string
}

/** Returns the quarantine record of a refused record: its bytes, its topic, partition and offset, and the reason. */
export function quarantineRecord({ record, reason }: RefusedRecord, context: QuarantineContext): OutgoingRecord {
  const { topic, partition, offset, key, value } = record
  const origin = { topic, partition, offset }
  const { service, at } = context
  return { topic: context.topic, ...encodeQuarantined({ reason, origin, key, value, service, at }) }
}
