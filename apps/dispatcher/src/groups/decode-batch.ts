import { decodeDeliveryHeaders, type Decoded } from '@hooklane/contracts'
import type { LogBatch, LogRecord, RecordRef } from '@hooklane/core'

export interface DecodedBatch {
  readonly records: readonly RecordRef[]
  /** Records that no lane can take: they go to quarantine, and the lane shows a gap. */
  readonly unreadable: readonly Unreadable[]
}

export interface Unreadable {
  readonly record: LogRecord
  readonly reason: string
}

/** Reads what lanes need of each record from `fromOffset` on: headers and key, never the body. */
export function decodeBatch(batch: LogBatch, fromOffset: bigint): DecodedBatch {
  const records: RecordRef[] = []
  const unreadable: Unreadable[] = []
  for (const record of batch.records) {
    if (record.offset < fromOffset) continue
    const decoded = toRecordRef(record)
    if (decoded.ok) records.push(decoded.value)
    else unreadable.push({ record, reason: decoded.reason })
  }
  return { records, unreadable }
}

function toRecordRef(record: LogRecord): Decoded<RecordRef> {
  if (record.key === null || record.key.length === 0) return { ok: false, reason: 'no_key' }
  if (record.value === null || record.value.length === 0) return { ok: false, reason: 'no_value' }
  const headers = decodeDeliveryHeaders(record.headers)
  if (!headers.ok) return headers
  const { kind, sequence, deliveryId, companyId, subscriptionId, subscriptionVersion } = headers.value
  if (kind !== 'delivery') return { ok: false, reason: 'unknown_kind' }
  const { source, streamEpoch, routeVersion, mode, reason, routedAt } = headers.value
  return {
    ok: true,
    value: {
      appId: record.key.toString('utf8'),
      companyId,
      sequence,
      offset: record.offset,
      deliveryId,
      subscriptionId,
      subscriptionVersion,
      source,
      streamEpoch,
      routeVersion,
      mode,
      reason,
      routedAt,
      bytes: record.value.length,
      value: record.value,
    },
  }
}
