import type { LogRecord } from '@hooklane/core/kernel'
import { resyncRecordsFor, type ExpiredRange } from '@hooklane/core/routing'
import type { SessionContext } from './session-context.js'

/** Returns the records to route in place of events that expired unread: one for each configured company of the partition. */
export function inPlaceOfExpired(
  expired: ExpiredRange | null,
  partition: number,
  { topics, clock, configuration, routing }: SessionContext,
): readonly LogRecord[] {
  if (expired === null) return []
  const foundAt = new Date(clock.wallMs()).toISOString()
  const events = { ...expired, topic: topics.events, partition, partitions: routing.partitions, foundAt }
  return resyncRecordsFor(events, configuration.companyIds())
}
