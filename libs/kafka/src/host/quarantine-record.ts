import { encodeQuarantined } from '@hooklane/contracts/records'
import type { LogRecord, OutgoingRecord } from '@hooklane/core/kernel'

/** A record that cannot be processed, and why: a reason may carry a path, as in `schema:/entity/id`. */
export interface RefusedRecord {
  readonly record: LogRecord
  readonly reason: string
}

export interface QuarantineContext {
  /** Of quarantined records. */
  readonly topic: string
  /** The service that refuses it. */
  readonly service: string
  /** RFC 3339: when it was refused. */
  readonly at: string
}

/** What is published of a record that is put aside: its bytes, where it stood, and the reason. */
export function quarantineRecord({ record, reason }: RefusedRecord, context: QuarantineContext): OutgoingRecord {
  const { topic, partition, offset, key, value } = record
  const origin = { topic, partition, offset }
  const { service, at } = context
  return { topic: context.topic, ...encodeQuarantined({ reason, origin, key, value, service, at }) }
}
