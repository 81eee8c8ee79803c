import type { Time } from '@hooklane/core/kernel'
import type { RoutedBatch } from '@hooklane/core/routing'
import { noteQuarantined, type Skips } from '@hooklane/observability'
import { reasonLabel, type RouterMetrics } from '../metrics.js'

/** Counts what a committed transaction held, and notes what went into quarantine. */
export function reportTransaction(
  batch: RoutedBatch,
  seconds: number,
  { metrics, clock, skips }: { readonly metrics: RouterMetrics; readonly clock: Time; readonly skips: Skips },
): void {
  metrics.transactions.inc({ outcome: 'committed' })
  metrics.transactionSeconds.observe(seconds)
  metrics.events.inc(batch.consumed)
  metrics.deliveries.inc(batch.deliveries.length)
  metrics.copies.inc(batch.copies)
  const oldest = batch.events[0]
  if (oldest) metrics.eventAgeSeconds.observe(Math.max(0, clock.wallMs() - Date.parse(oldest.occurredAt)) / 1000)
  for (const { reason } of batch.quarantined) metrics.quarantined.inc({ reason: reasonLabel(reason) })
  noteQuarantined(skips, batch.quarantined, { level: 'warn', message: 'events were quarantined' })
}
