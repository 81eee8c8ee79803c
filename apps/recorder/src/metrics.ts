import { counter, gauge, histogram, registerMetrics, type Metrics, type Registry } from '@hooklane/observability'

export const catalogue = {
  recorded: counter('log_records_total', 'Records written to the delivery log, by kind.', {
    kind: ['attempt', 'settlement', 'deadLetter'],
  }),
  leftOut: counter(
    'log_left_out_records_total',
    'Records of companies that were deleted, counted in log_records_total too: they are not written, so that a company made again under the id starts with an empty log.',
  ),
  writeSeconds: histogram('log_write_seconds', 'One batch, its transaction included.'),
  writeFailures: counter(
    'log_write_failures_total',
    'Batches that could not be written and were tried again. Rising: Postgres is away or full; deliveries go on, the log catches up.',
  ),
  buffered: gauge(
    'log_buffered_records',
    'Records read and not yet written. At RECORDER_BUFFER_MAX reading pauses; nothing is lost while Kafka keeps the topic.',
  ),
  ageSeconds: gauge(
    'log_age_seconds',
    'Age of the oldest record of the last batch when it was written: how far `/v1/deliveries` is behind.',
  ),
} as const

export type RecorderMetrics = Metrics<typeof catalogue>

export const recorderMetrics = (registry: Registry): RecorderMetrics => registerMetrics(registry, catalogue)
