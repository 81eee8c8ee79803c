import type { EntityEvent, RouterStateRecord } from '@hooklane/contracts'
import type { LogRecord } from '../log/log.js'
import type { PartitionRouter, RoutedDelivery } from './partition-router.js'
import type { RoutingView } from './routing-view.js'

export interface BatchLimits {
  /** Records of `events` in one transaction: more cost less each, but wait longer and are repeated together. */
  readonly maxRecords: number
  /** Bytes of deliveries in one transaction; exceeded by the deliveries of one event at most. */
  readonly maxBytes: number
}

/** What one transaction writes, and what is said about it afterwards. */
export interface RoutedBatch {
  readonly deliveries: readonly RoutedDelivery[]
  readonly quarantined: readonly { readonly record: LogRecord; readonly reason: string }[]
  readonly state: readonly RouterStateRecord[]
  /** Events that were read and are no copies, whether or not somebody subscribed. */
  readonly events: readonly EntityEvent[]
  readonly copies: number
  /** How many of the given records the batch covers, from the first on. */
  readonly consumed: number
  /** Offset after the last record covered. */
  readonly nextOffset: bigint
  /** Why the batch ends before its limits: the next record can not be routed yet. */
  readonly waitsFor: { readonly offset: bigint; readonly appId: string; readonly workerGroup: string } | null
}

/** Routes records from the first on until a limit, the end, or one that has to wait. Null when not even the first could be routed or none was given. */
export function routeBatch(
  router: PartitionRouter,
  records: readonly LogRecord[],
  context: { readonly view: RoutingView; readonly routedAt: string; readonly limits: BatchLimits },
): RoutedBatch | { readonly waitsFor: NonNullable<RoutedBatch['waitsFor']> } | null {
  const deliveries: RoutedDelivery[] = []
  const quarantined: { record: LogRecord; reason: string }[] = []
  const events: EntityEvent[] = []
  let copies = 0
  let consumed = 0
  let bytes = 0
  let last: LogRecord | undefined
  let waitsFor: RoutedBatch['waitsFor'] = null
  for (const record of records) {
    if (consumed >= context.limits.maxRecords || bytes >= context.limits.maxBytes) break
    const decision = router.route(record, context.view, context.routedAt)
    if (decision.kind === 'wait') {
      waitsFor = { offset: record.offset, appId: decision.appId, workerGroup: decision.workerGroup }
      break
    }
    if (decision.kind === 'quarantine') {
      quarantined.push({ record, reason: decision.reason })
      bytes += record.value?.length ?? 0
    } else if (decision.kind === 'copy') copies++
    else {
      events.push(decision.event)
      for (const delivery of decision.deliveries) bytes += delivery.value.length
      deliveries.push(...decision.deliveries)
    }
    consumed++
    last = record
  }
  if (!last) return waitsFor && { waitsFor }
  const nextOffset = last.offset + 1n
  const state = router.state.takeChanges(nextOffset)
  return { deliveries, quarantined, state, events, copies, consumed, nextOffset, waitsFor }
}
