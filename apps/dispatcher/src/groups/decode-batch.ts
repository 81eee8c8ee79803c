import type { Decoded } from '@hooklane/contracts/public'
import { decodeDeliveryHeaders, decodeStreamEndHeaders, isStreamEnd } from '@hooklane/contracts/records'
import type { LogBatch, LogRecord } from '@hooklane/core/kernel'
import type { LaneRecord, RecordRef, StreamEnd } from '@hooklane/core/lane'
import type { RefusedRecord } from '@hooklane/kafka/host'

export interface DecodedBatch {
  readonly records: readonly LaneRecord[]
  /** Records that cannot be decoded. They go to quarantine, and the lane reports a missing sequence number. */
  readonly unreadable: readonly RefusedRecord[]
}

/** Decodes what lanes need from each record at or after `fromOffset`: the headers and the key, never the body. */
export function decodeBatch(batch: LogBatch, fromOffset: bigint): DecodedBatch {
  const records: LaneRecord[] = []
  const unreadable: RefusedRecord[] = []
  for (const record of batch.records) {
    if (record.offset < fromOffset) continue
    const decoded = toLaneRecord(record)
    if (decoded.ok) records.push(decoded.value)
    else unreadable.push({ record, reason: decoded.reason })
  }
  return { records, unreadable }
}

function toLaneRecord(record: LogRecord): Decoded<LaneRecord> {
  if (record.key === null || record.key.length === 0) return { ok: false, reason: 'no_key' }
  const appId = record.key.toString('utf8')
  return isStreamEnd(record.headers) ? toStreamEnd(record, appId) : toRecordRef(record, appId)
}

function toStreamEnd({ offset, headers }: LogRecord, appId: string): Decoded<StreamEnd> {
  const decoded = decodeStreamEndHeaders(headers)
  return decoded.ok ? { ok: true, value: { ...decoded.value, appId, offset } } : decoded
}

function toRecordRef(record: LogRecord, appId: string): Decoded<RecordRef> {
  if (record.value === null || record.value.length === 0) return { ok: false, reason: 'no_value' }
  const headers = decodeDeliveryHeaders(record.headers)
  if (!headers.ok) return headers
  const { kind, sequence, deliveryId, companyId, companyIncarnation } = headers.value
  const { subscriptionId, subscriptionVersion } = headers.value
  const { source, streamEpoch, routeVersion, mode, reason, routedAt } = headers.value
  return {
    ok: true,
    value: {
      kind,
      appId,
      companyId,
      companyIncarnation,
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
