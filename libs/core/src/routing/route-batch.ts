import type { EntityEvent } from '@hooklane/contracts/public'
import type { LogRecord } from '../kernel/log/log.js'
import type { PartitionRouter, RoutedDelivery, RoutedStreamEnd } from './partition-router.js'
import type { StateChanges } from './partition-state.js'
import type { RoutingView } from './routing-view.js'

export interface BatchLimits {
  /**
   * Maximum records of `events` in one transaction. Too low: each record costs more. Too high: each record waits longer, and more records
   * are routed again after a failure.
   */
  readonly maxRecords: number
  /** Maximum bytes of deliveries and quarantined records in one transaction. The last event may exceed it. */
  readonly maxBytes: number
}

/** What one transaction writes, and what is reported about it afterwards. */
export interface RoutedBatch {
  /** Written before the deliveries: an app that was created again continues the stream after the end of its former epoch. */
  readonly ends: readonly RoutedStreamEnd[]
  readonly deliveries: readonly RoutedDelivery[]
  readonly quarantined: readonly { readonly record: LogRecord; readonly reason: string }[]
  readonly state: StateChanges
  /** Events that are neither copies nor quarantined, whether or not a subscription matched. */
  readonly events: readonly EntityEvent[]
  readonly copies: number
  /** How many of the given records the batch covers, from the first on. */
  readonly consumed: number
  /** Offset after the last record that the batch covers; null: it covers none. */
  readonly nextOffset: bigint | null
  /**
   * The record at which the batch ends before its limits, because it cannot be routed yet: the app's worker group is not known. Null: none.
   */
  readonly waitsFor: { readonly offset: bigint; readonly appId: string; readonly workerGroup: string } | null
}

export interface BatchContext {
  /** Of `events`. */
  readonly partition: number
  readonly view: RoutingView
  /** RFC 3339, UTC */
  readonly routedAt: string
  readonly limits: BatchLimits
}

/** Ends the streams of deleted apps. Then routes the records in order until a limit is reached, all are routed, or one has to wait. */
export function routeBatch(
  router: PartitionRouter,
  records: readonly LogRecord[],
  { partition, view, routedAt, limits }: BatchContext,
): RoutedBatch {
  const ends = router.endStreams(partition, view, routedAt)
  const deliveries: RoutedDelivery[] = []
  const quarantined: { record: LogRecord; reason: string }[] = []
  const events: EntityEvent[] = []
  let copies = 0
  let consumed = 0
  let bytes = 0
  let last: LogRecord | undefined
  let waitsFor: RoutedBatch['waitsFor'] = null
  for (const record of records) {
    if (consumed >= limits.maxRecords || bytes >= limits.maxBytes) break
    const decision = router.route(record, view, routedAt)
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
  const nextOffset = last ? last.offset + 1n : null
  const isEmpty = isEmptyBatch({ ends, nextOffset })
  const state = isEmpty ? NO_CHANGES : router.state.takeChanges(nextOffset)
  return { ends, deliveries, quarantined, state, events, copies, consumed, nextOffset, waitsFor }
}

/** Whether there is nothing to write: no stream was ended and no record is covered. */
export const isEmptyBatch = ({ ends, nextOffset }: Pick<RoutedBatch, 'ends' | 'nextOffset'>): boolean =>
  ends.length === 0 && nextOffset === null

const NO_CHANGES: StateChanges = { written: [], forgotten: [] }
