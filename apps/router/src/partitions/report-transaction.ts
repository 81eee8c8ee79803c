import type { RoutedBatch } from '@hooklane/core/routing'
import { reportQuarantined } from '@hooklane/observability'
import type { SessionContext } from './session-context.js'

/** Counts the contents of a committed transaction, and reports its quarantined records. */
export function reportTransaction(
  batch: RoutedBatch,
  seconds: number,
  { metrics, clock, quarantine }: Pick<SessionContext, 'metrics' | 'clock' | 'quarantine'>,
): void {
  metrics.transactions.inc({ outcome: 'committed' })
  metrics.transactionSeconds.observe(seconds)
  metrics.events.inc(batch.consumed)
  metrics.deliveries.inc(batch.deliveries.length)
  metrics.copies.inc(batch.copies)
  const oldest = batch.events[0]
  if (oldest) metrics.eventAgeSeconds.observe(Math.max(0, clock.wallMs() - Date.parse(oldest.occurredAt)) / 1000)
  reportQuarantined(quarantine, batch.quarantined, { level: 'warn', message: 'events were quarantined' })
}
