import type { Clock, RoutedBatch } from '@hooklane/core'
import type { Logger } from '@hooklane/observability'
import { reasonLabel, type RouterMetrics } from '../metrics.js'

/** Counts what a committed transaction held, and says in one line what went into quarantine. */
export function reportTransaction(
  batch: RoutedBatch,
  seconds: number,
  { metrics, clock, logger }: { readonly metrics: RouterMetrics; readonly clock: Clock; readonly logger: Logger },
): void {
  metrics.transactions.inc({ outcome: 'committed' })
  metrics.transactionSeconds.observe(seconds)
  metrics.events.inc(batch.consumed)
  metrics.deliveries.inc(batch.deliveries.length)
  metrics.copies.inc(batch.copies)
  const oldest = batch.events[0]
  if (oldest) metrics.eventAgeSeconds.observe(Math.max(0, clock.wallMs() - Date.parse(oldest.occurredAt)) / 1000)
  const first = batch.quarantined[0]
  if (!first) return
  const reasons: Record<string, number> = {}
  for (const { reason } of batch.quarantined) {
    metrics.quarantined.inc({ reason: reasonLabel(reason) })
    reasons[reason] = (reasons[reason] ?? 0) + 1
  }
  // One line for all: a producer that sends nothing but poison must not fill the log as well.
  logger.warn(
    {
      alarm: 'quarantined',
      count: batch.quarantined.length,
      reasons,
      firstOffset: String(first.record.offset),
    },
    'records were quarantined',
  )
}
