import { HEADER, SCHEMA } from '@hooklane/contracts/public'
import {
  encodeDeliveryHeaders,
  encodeStreamEndHeaders,
  routerStateKey,
  type TopicNames,
} from '@hooklane/contracts/records'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import type { RoutedBatch } from '@hooklane/core/routing'
import { quarantineRecord } from '@hooklane/kafka/host'

/**
 * Returns the records that one transaction writes for a routed batch: ends of streams, deliveries in the order of their sequences,
 * quarantined records, changed state. Order matters: the end of an app's stream comes before the deliveries of the app's next epoch.
 */
export function outgoingRecords(
  batch: RoutedBatch,
  context: { readonly topics: TopicNames; readonly partition: number; readonly at: string },
): OutgoingRecord[] {
  const { topics } = context
  const records: OutgoingRecord[] = batch.ends.map(({ appId, workerGroup, headers }) => ({
    topic: topics.deliveries(workerGroup),
    key: appId,
    value: null,
    headers: encodeStreamEndHeaders(headers),
  }))
  for (const delivery of batch.deliveries) {
    const headers = encodeDeliveryHeaders(delivery.headers)
    if (delivery.traceparent !== null) headers[HEADER.traceparent] = delivery.traceparent
    records.push({
      topic: topics.deliveries(delivery.workerGroup),
      key: delivery.appId,
      value: delivery.value,
      headers,
    })
  }
  const aside = { topic: topics.quarantine, service: 'router', at: context.at }
  records.push(...batch.quarantined.map((refused) => quarantineRecord(refused, aside)))
  const { written, forgotten } = batch.state
  const at = { topic: topics.routerState, partition: context.partition }
  for (const state of forgotten) records.push({ ...at, key: routerStateKey(state), value: null })
  for (const state of written) {
    records.push({
      ...at,
      key: routerStateKey(state),
      value: JSON.stringify(state),
      headers: { [HEADER.schema]: SCHEMA.routerState },
    })
  }
  return records
}
