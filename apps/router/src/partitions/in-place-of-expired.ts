import type { LogRecord } from '@hooklane/core/kernel'
import { resyncRecordsFor, type ExpiredRange } from '@hooklane/core/routing'
import type { SessionContext } from './session-context.js'

/** The records that a partition routes in place of events that expired unread, by the current configuration; empty when none expired. */
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
