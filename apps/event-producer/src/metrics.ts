import { counter, gauge, registerMetrics, type Metrics, type Registry } from '@hooklane/observability'

/** The label `source` takes the names that the capture file lists, and `hooklane` for the configuration. */
const catalogue = {
  events: counter('capture_published_total', 'Records that are durable in Kafka, by source.', ['source']),
  transactions: counter('capture_transactions_total', 'Transactions of the source that were read to their commit.', [
    'source',
  ]),
  skipped: counter(
    'capture_skipped_total',
    'Row changes of captured tables that came to nothing, and emitted contexts that could not be read, by reason.',
    ['source', 'reason'],
  ),
  truncated: counter(
    'capture_truncated_total',
    'Captured tables that were truncated: their rows are not told one by one.',
    ['source'],
  ),
  repeated: counter('capture_repeated_total', 'Records that were in Kafka already and were not published again.', [
    'source',
  ]),
  failures: counter('capture_failures_total', 'Failures of a source, by code; each is followed by another attempt.', [
    'source',
    'code',
  ]),
  publishFailures: counter('capture_publish_failures_total', 'Requests to Kafka that failed and were tried again.', [
    'source',
  ]),
  streaming: gauge('capture_streaming', '1 while the source is being read, 0 otherwise.', ['source']),
  lagBytes: gauge(
    'capture_lag_bytes',
    'Bytes of log between what Postgres may release and its end, other writers included.',
    ['source'],
  ),
  safeBytes: gauge(
    'capture_safe_bytes',
    'Bytes of log that may still be written before the slot is lost; absent without a limit.',
    ['source'],
  ),
  lastCommitSeconds: gauge(
    'capture_last_commit_timestamp_seconds',
    'When the last transaction that was read was committed.',
    ['source'],
  ),
  queued: gauge('capture_queued_records', 'Records that wait for Kafka.', ['source']),
} as const

export type EventProducerMetrics = Metrics<typeof catalogue>

export const eventProducerMetrics = (registry: Registry): EventProducerMetrics => registerMetrics(registry, catalogue)
