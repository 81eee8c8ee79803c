import { HEADER, SCHEMA } from '../public/headers.js'

/**
 * `quarantine/1`: a record on the topic `quarantine` that a service could not use. Its value is the original bytes, not JSON. Everything
 * else is in headers, because the value may be anything.
 */
export interface QuarantinedRecord {
  /** Why the record was refused: a value from a closed set per service. For a schema fault it contains the path: `schema:/entity/id`. */
  readonly reason: string
  /** Where the original record is stored, until the retention of its topic removes it. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: bigint }
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Length of the original value. Larger than `value.length` when the value was cut; null when there was no value. */
  readonly valueBytes: number | null
  /** The service that refused it. */
  readonly service: string
  /** When it was refused; RFC 3339. */
  readonly at: string
}

export const QUARANTINE_HEADER = {
  originTopic: 'hooklane-origin-topic',
  originPartition: 'hooklane-origin-partition',
  originOffset: 'hooklane-origin-offset',
  /** Base64; absent when the original had no key. */
  originKey: 'hooklane-origin-key',
  /** Absent when the original had no value. */
  originBytes: 'hooklane-origin-bytes',
  service: 'hooklane-service',
  at: 'hooklane-quarantined-at',
} as const

/**
 * Maximum length of a quarantined value, 940 KiB; longer values are cut. Without the limit, an original that was compressed could be larger
 * than the broker accepts (1 MiB by default). It could then not be quarantined, and would stop its partition for ever.
 */
export const MAX_QUARANTINED_BYTES = 940 * 1024
/** Maximum length of a quarantined key before base64; longer keys are cut. */
export const MAX_QUARANTINED_KEY_BYTES = 8 * 1024

/** Encodes a record for the topic: the original bytes, cut to a size that every broker accepts, and the headers. The Kafka key is null. */
export function encodeQuarantined(record: Omit<QuarantinedRecord, 'valueBytes'>): {
  readonly key: null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
} {
  const headers: Record<string, string> = {
    [HEADER.schema]: SCHEMA.quarantine,
    [HEADER.reason]: record.reason,
    [QUARANTINE_HEADER.originTopic]: record.origin.topic,
    [QUARANTINE_HEADER.originPartition]: String(record.origin.partition),
    [QUARANTINE_HEADER.originOffset]: String(record.origin.offset),
    [QUARANTINE_HEADER.service]: record.service,
    [QUARANTINE_HEADER.at]: record.at,
  }
  if (record.key)
    headers[QUARANTINE_HEADER.originKey] = record.key.subarray(0, MAX_QUARANTINED_KEY_BYTES).toString('base64')
  if (record.value) headers[QUARANTINE_HEADER.originBytes] = String(record.value.length)
  return { key: null, value: record.value?.subarray(0, MAX_QUARANTINED_BYTES) ?? null, headers }
}

/** Decodes a quarantined record; null when the headers are not those of one. */
export function decodeQuarantined(
  value: Buffer | null,
  headers: Readonly<Record<string, Buffer | undefined>>,
): QuarantinedRecord | null {
  const text = (name: string) => headers[name]?.toString('utf8')
  const topic = text(QUARANTINE_HEADER.originTopic)
  const partition = text(QUARANTINE_HEADER.originPartition)
  const offset = text(QUARANTINE_HEADER.originOffset)
  const reason = text(HEADER.reason)
  if (text(HEADER.schema) !== SCHEMA.quarantine || !topic || !reason) return null
  if (!partition || !/^\d{1,9}$/.test(partition) || !offset || !/^\d{1,19}$/.test(offset)) return null
  const key = text(QUARANTINE_HEADER.originKey)
  const bytes = text(QUARANTINE_HEADER.originBytes)
  return {
    reason,
    origin: { topic, partition: Number(partition), offset: BigInt(offset) },
    key: key === undefined ? null : Buffer.from(key, 'base64'),
    value,
    valueBytes: bytes === undefined ? null : Number(bytes),
    service: text(QUARANTINE_HEADER.service) ?? '',
    at: text(QUARANTINE_HEADER.at) ?? '',
  }
}
