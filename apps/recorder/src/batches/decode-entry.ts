import { decoderOf, HEADER, SCHEMA, type Decoded } from '@hooklane/contracts/public'
import {
  AttemptSchema,
  DeadLetterSchema,
  SettlementSchema,
  type AttemptRecord,
  type DeadLetterRecord,
  type SettlementRecord,
} from '@hooklane/contracts/records'
import type { LogRecord } from '@hooklane/core/kernel'

export type Entry =
  | { readonly kind: 'attempt'; readonly record: AttemptRecord }
  | { readonly kind: 'settlement'; readonly record: SettlementRecord }
  | { readonly kind: 'deadLetter'; readonly record: DeadLetterRecord }

const attempt = decoderOf(AttemptSchema)
const settlement = decoderOf(SettlementSchema)
const deadLetter = decoderOf(DeadLetterSchema)

/** Decodes a record of `attempts` or `dead-letters`. Returns an entry or a reason for any bytes; never throws. */
export function decodeEntry(record: LogRecord): Decoded<Entry> {
  const schema = record.headers[HEADER.schema]?.toString('latin1')
  switch (schema) {
    case SCHEMA.attempt:
      return tagged('attempt', attempt(record.value))
    case SCHEMA.settlement:
      return tagged('settlement', settlement(record.value))
    case SCHEMA.deadLetter:
      return tagged('deadLetter', deadLetter(record.value))
    case undefined:
      return { ok: false, reason: 'no_schema' }
    default:
      return { ok: false, reason: 'unknown_schema' }
  }
}

function tagged<K extends Entry['kind'], R>(kind: K, decoded: Decoded<R>): Decoded<{ kind: K; record: R }> {
  return decoded.ok ? { ok: true, value: { kind, record: decoded.value } } : decoded
}
