import type { ContextFault, SkipReason } from '@hooklane/core/capture'
import { CAPTURE_SOURCES, counter, gauge, registerMetrics, type Metrics, type Registry } from '@hooklane/observability'
import type { UnreadableCode } from '@hooklane/replication'

const source = CAPTURE_SOURCES

const SKIP_REASONS = [
  'companyMissing',
  'companyInvalid',
  'idMissing',
  'idTooLong',
  'tableUnknown',
  'tableReplaced',
  'contextTooLarge',
  'contextNotText',
  'contextInvalidJson',
  'contextNotObject',
  'contextInvalidMember',
] as const satisfies readonly (SkipReason | ContextFault)[]

const FAILURE_CODES = [
  'UNREACHABLE',
  'LOGIN_REFUSED',
  'SERVER_TOO_OLD',
  'WAL_LEVEL',
  'REPLICATION_RIGHT',
  'TABLE_MISSING',
  'NOT_CAPTURABLE',
  'COLUMN_MISSING',
  'ID_NOT_UNIQUE',
  'REPLICA_IDENTITY',
  'PUBLICATION',
  'SLOT_RIGHT',
  'SLOT_FOREIGN',
  'SLOT_ACTIVE',
  'POSITION_BEHIND',
  'SLOT_LOST',
  'CHANGES_MISSING',
  'CHANGE_NOT_DECODABLE',
  'DATABASE_ERROR',
  'CONSUMER_FAILED',
] as const satisfies readonly UnreadableCode[]

export const catalogue = {
  events: counter('capture_published_total', 'Records that are durable in Kafka, by source.', { source }),
  transactions: counter('capture_transactions_total', 'Transactions of the source that were read to their commit.', {
    source,
  }),
  skipped: counter(
    'capture_skipped_total',
    'Row changes of captured tables that produced no event, and unreadable contexts emitted by an application (reasons `context…`), by reason. Not zero: the capture file and the data disagree.',
    { source, reason: SKIP_REASONS },
  ),
  truncated: counter(
    'capture_truncated_total',
    'Truncations of captured tables: their rows are not published one by one; receivers have to fetch everything again.',
    { source },
  ),
  repeated: counter(
    'capture_repeated_total',
    'Records that were in Kafka already and were not published again. A few after a restart are normal.',
    { source },
  ),
  readBack: counter(
    'capture_read_back_total',
    "Records read from the topic, including those of other producers, to find the source's last record. At each start, these are the records appended since the source's last mark. If there are many at each start, the mark is not advancing (the log says why).",
    { source },
  ),
  failures: counter(
    'capture_failures_total',
    'Failures of a source, by code; each is followed by another attempt. The log line and `/health/ready` say what to do, with the statement to run.',
    { source, code: FAILURE_CODES },
  ),
  publishFailures: counter('capture_publish_failures_total', 'Requests to Kafka that failed and were tried again.', {
    source,
  }),
  streaming: gauge(
    'capture_streaming',
    '1 while the source is being read past the place of its last failure, 0 otherwise. If it stays 0 for longer than a restart of the database takes, `hooklane_capture_failures_total` says why; if there was no failure, `/health/ready` names the database sessions that the source is waiting for.',
    { source },
  ),
  lagBytes: gauge(
    'capture_lag_bytes',
    'Lag of the replication slot: bytes of WAL, from all writers, between the position last acknowledged to Postgres and the end of the WAL. Updated every few seconds while the source is read. Grows while nothing is read or Kafka is unreachable, and fills the disk of that Postgres.',
    { source },
  ),
  safeBytes: gauge(
    'capture_safe_bytes',
    'Bytes of WAL that may still be written before the slot is lost (`max_slot_wal_keep_size`); absent without a limit. Near 0: changes are about to be lost.',
    { source },
  ),
  lastCommitSeconds: gauge(
    'capture_last_commit_timestamp_seconds',
    'Commit time of the last transaction that was read, in seconds since 1970. Old on a busy source: nothing is read.',
    { source },
  ),
  fileFaults: gauge(
    'capture_file_faults',
    'Faults of the capture file; the affected sources are not captured. `/health/ready` and the log name each fault with its line.',
  ),
  queued: gauge('capture_queued_records', 'Records that wait for Kafka.', { source }),
  stalledSeconds: gauge(
    'capture_publish_stalled_seconds',
    'How long a request to Kafka has been waiting for its answer; 0 when there is none. Above 5: Kafka is unreachable, and Postgres keeps the WAL of the source meanwhile.',
    { source },
  ),
} as const

export type EventProducerMetrics = Metrics<typeof catalogue>

export const eventProducerMetrics = (registry: Registry): EventProducerMetrics => registerMetrics(registry, catalogue)
