import { counter, gauge, histogram, registerMetrics, type Metrics, type Registry } from '@hooklane/observability'

const catalogue = {
  recorded: counter('log_records_total', 'Records written to the delivery log.', ['kind']),
  writeSeconds: histogram('log_write_seconds', 'One batch, its transaction included.'),
  writeFailures: counter('log_write_failures_total', 'Batches that could not be written and were tried again.'),
  buffered: gauge('log_buffered_records', 'Records read and not yet written.'),
  undecodable: counter('log_undecodable_total', 'Records that were put into quarantine.'),
  ageSeconds: gauge('log_age_seconds', 'Age of the oldest record of the last batch when it was written.'),
} as const

export type RecorderMetrics = Metrics<typeof catalogue>

export const recorderMetrics = (registry: Registry): RecorderMetrics => registerMetrics(registry, catalogue)
