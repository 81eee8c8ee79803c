import type { ConsumerMetrics } from './consumer-metrics.js'
import { noteQuarantined, type Refused } from './note-quarantined.js'
import { reasonLabel } from './quarantine-reason.js'
import type { SkipLine, Skips } from './skips.js'

/** The metrics, the list of skips and the group under which refused records are reported. */
export interface QuarantineReporting {
  readonly metrics: ConsumerMetrics
  readonly skips: Skips
  /** Consumer group of the reader that refused the records. */
  readonly group: string
}

/** Counts records that went into quarantine, and notes them in the log and for `/health/skipped`. */
export function reportQuarantined(
  { metrics, skips, group }: QuarantineReporting,
  refused: readonly Refused[],
  line: Omit<SkipLine, 'alarm'>,
): void {
  for (const { reason } of refused) metrics.quarantined.inc({ group, reason: reasonLabel(reason) })
  noteQuarantined(skips, refused, line)
}
