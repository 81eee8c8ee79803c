import { counter, gauge, histogram, registerMetrics, type Metrics, type Registry } from '@hooklane/observability'

export const catalogue = {
  recorded: counter('log_records_total', 'Records written to the delivery log, by kind.', {
    kind: ['attempt', 'settlement', 'deadLetter'],
  }),
  leftOut: counter(
    'log_left_out_records_total',
    'Records of deleted companies, which are not written, so that a company created again with the same id starts with an empty log. They are counted in log_records_total too.',
  ),
  writeSeconds: histogram('log_write_seconds', 'Time to write one batch, including its transaction.'),
  writeFailures: counter(
    'log_write_failures_total',
    'Writes of a batch that failed and were retried. Rising: Postgres is unavailable or full; deliveries continue, and the log catches up later.',
  ),
  buffered: gauge(
    'log_buffered_records',
    'Records read but not written yet. Above RECORDER_BUFFER_MAX reading pauses; nothing is lost while Kafka retains the topic.',
  ),
  ageSeconds: gauge(
    'log_age_seconds',
    'Age of the oldest record of the last batch when it was written. Shows how far `/v1/deliveries` is behind.',
  ),
} as const

export type RecorderMetrics = Metrics<typeof catalogue>

export const recorderMetrics = (registry: Registry): RecorderMetrics => registerMetrics(registry, catalogue)
