import { HEADER, SCHEMA } from '@hooklane/contracts/public'
import {
  topicNames,
  type AttemptRecord,
  type DeadLetterRecord,
  type SettlementRecord,
} from '@hooklane/contracts/records'
import { maskHeaders } from '@hooklane/core/secrets'
import { newId, type OutgoingRecord } from '@hooklane/core/kernel'
import type { EffectOf, RecordRef } from '@hooklane/core/lane'
import type { Disposition } from '@hooklane/core/policy'
import type { DeliveredEvent } from '@hooklane/core/delivery'
import type { AttemptDetail } from '../attempts/attempt-executor.js'
import { decodeDelivery } from '../attempts/decode-delivery.js'

/** The partition session that writes the records. */
export interface RecordScope {
  readonly topicPrefix: string
  readonly workerGroup: string
  readonly ownerEpoch: bigint
  readonly wallMs: number
}

/** The status of a delivery after an attempt. */
export function statusAfter(disposition: Disposition): AttemptRecord['status'] {
  switch (disposition.kind) {
    case 'delivered':
      return 'delivered'
    case 'retry':
    case 'defer':
    case 'block':
      return 'retrying'
    case 'deadLetter':
      return 'deadLettered'
    case 'drop':
      return 'dropped'
  }
}

/** Makes a record of the schema `attempt/1`. */
export function attemptRecord(effect: EffectOf<'publishAttempt', AttemptDetail>, scope: RecordScope): OutgoingRecord {
  const { record, disposition, detail } = effect
  const { outcome, request } = detail
  const nextInMs = 'delayMs' in disposition ? disposition.delayMs : null
  const value: AttemptRecord = Object.assign(identityOf(record, detail.event, scope), {
    attemptId: detail.attemptId,
    attempt: effect.attempt,
    startedAt: new Date(detail.startedAtMs).toISOString(),
    durationMs: Math.round(outcome.durationMs * 1000) / 1000,
    request: {
      method: request?.method ?? 'POST',
      url: request ? detail.access.shownUrl : '',
      headers: request ? maskHeaders(request.headers, detail.access.hiddenHeaders) : {},
      bytes: request?.body.length ?? 0,
      digest: request?.headers['content-digest'] ?? '',
    },
    response: outcome.response,
    error: outcome.error,
    decision: disposition.kind,
    nextAttemptAt: nextInMs === null ? null : new Date(scope.wallMs + nextInMs).toISOString(),
    status: statusAfter(disposition),
  })
  const { attempts: topic } = topicNames(scope.topicPrefix)
  return { topic, key: record.appId, value: JSON.stringify(value), headers: headersOf(SCHEMA.attempt) }
}

/** Makes a record of the schema `settlement/1`. */
export function settlementRecord(effect: EffectOf<'publishSettledUnsent'>, scope: RecordScope): OutgoingRecord {
  const { record, status, reason } = effect
  const delivery = decodeDelivery(record.value)
  const event = delivery && { ...delivery, position: delivery.revision?.id ?? null }
  const value: SettlementRecord = {
    ...identityOf(record, event, scope),
    attemptId: newId('att'),
    at: new Date(scope.wallMs).toISOString(),
    status,
    reason,
  }
  const { attempts: topic } = topicNames(scope.topicPrefix)
  return { topic, key: record.appId, value: JSON.stringify(value), headers: headersOf(SCHEMA.settlement) }
}

/**
 * Makes a record of the schema `dead-letter/1`. It contains the whole delivery, so that the delivery can be sent again. The original bytes
 * are copied, because encoding the delivery again could exceed the size limit of a record: `1e20` becomes 21 digits.
 */
export function deadLetterRecord(
  effect: EffectOf<'publishDeadLetter', AttemptDetail>,
  scope: RecordScope,
): OutgoingRecord {
  const { record, attempts, reason, detail } = effect
  const value: Omit<DeadLetterRecord, 'delivery'> = {
    ...identityOf(record, detail.event, scope),
    attempts,
    reason,
    at: new Date(scope.wallMs).toISOString(),
    lastError: detail.outcome.error?.code ?? null,
  }
  const delivery = detail.event === null ? 'null' : record.value.toString('utf8')
  const text = `${JSON.stringify(value).slice(0, -1)},"delivery":${delivery}}`
  const { deadLetters: topic } = topicNames(scope.topicPrefix)
  return { topic, key: record.appId, value: text, headers: headersOf(SCHEMA.deadLetter) }
}

/**
 * Returns the fields that identify a delivery: from the record's headers if they contain the field, otherwise from the event. Each call
 * returns a new object, which `attemptRecord` extends with `Object.assign`: spreading an object with so many members would cost four times
 * as much as encoding it as JSON.
 */
function identityOf(record: RecordRef, event: DeliveredEvent | null, scope: RecordScope) {
  return {
    companyId: record.companyId,
    companyIncarnation: record.companyIncarnation,
    appId: record.appId,
    workerGroup: scope.workerGroup,
    subscriptionId: record.subscriptionId,
    subscriptionVersion: String(record.subscriptionVersion),
    deliveryId: record.deliveryId,
    sequence: Number(record.sequence),
    source: { topic: record.source.topic, partition: record.source.partition, offset: String(record.source.offset) },
    position: event?.revision?.id ?? null,
    eventId: event?.id ?? 'unknown',
    eventType: event?.type ?? 'unknown.unknown',
    entity: event?.entity ?? { type: 'unknown', id: 'unknown' },
    routedAt: record.routedAt,
    mode: record.mode,
    ownerEpoch: String(scope.ownerEpoch),
  }
}

const headersOf = (schema: string): Readonly<Record<string, string>> => ({
  [HEADER.schema]: schema,
  [HEADER.contentType]: 'application/json',
})
