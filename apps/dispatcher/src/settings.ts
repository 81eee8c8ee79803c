import {
  databaseSettings,
  integer,
  kafkaSettings,
  list,
  readSettings,
  saslIsComplete,
  secretsSettings,
  serviceSettings,
  setting,
  targetSettings,
  type CrossRule,
  type SettingsOf,
} from '@hooklane/config'

/** A subscription may give its receiver up to this long. */
export const MAX_ATTEMPT_DEADLINE_MS = 25_000

const definition = {
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  ...secretsSettings,
  ...targetSettings,
  workerGroups: setting(
    'WORKER_GROUPS',
    list('*'),
    'Worker groups served, as names or patterns (`shared-*`); a group that matches is served as soon as it appears.',
  ),
  leaseTtlMs: setting(
    'LEASE_TTL_MS',
    integer(40_000, 5_000, 300_000),
    'How long a licence for a partition lasts. Too low: it expires under a slow renewal. Too high: taking over from a crashed process takes that long.',
  ),
  saveIntervalMs: setting(
    'SAVE_INTERVAL_MS',
    integer(1_000, 100, 5_000),
    'How often leases and positions are saved. Too low: load on Postgres. Too high: more duplicates after a crash.',
  ),
  marginMs: setting(
    'DEADLINE_MARGIN_MS',
    integer(1_000, 100, 10_000),
    'Slack between the end of an attempt and the end of the lease.',
  ),
  inlineWindowMs: setting(
    'INLINE_WINDOW_MS',
    integer(5_000, 0, 60_000),
    'A retry at most this far away is waited for without a row. Too high: a failing lane holds the position back.',
  ),
  attemptsMax: setting(
    'ATTEMPTS_MAX',
    integer(512, 1, 10_000),
    'Requests in flight in this process. Throughput = requests in flight / latency.',
  ),
  perHostMax: setting('PER_HOST_MAX', integer(10, 1, 1_000), 'Connections to one host.'),
  memoryMaxBytes: setting(
    'MEMORY_MAX_BYTES',
    integer(256 * 1024 * 1024, 1024 * 1024, 64 * 1024 * 1024 * 1024),
    'Payload bytes held in lanes; at 80 % reading pauses, at 60 % it goes on.',
  ),
  spreadMax: setting(
    'SPREAD_MAX',
    integer(20_000, 100, 1_000_000),
    'Offsets between the lowest not done and the next to read, at which a partition pauses. Too high: large position rows.',
  ),
  sessionTimeoutMs: setting(
    'KAFKA_SESSION_TIMEOUT_MS',
    integer(30_000, 1_000, 300_000),
    'Without a heartbeat for this long Kafka reassigns the partitions.',
  ),
  heartbeatIntervalMs: setting(
    'KAFKA_HEARTBEAT_INTERVAL_MS',
    integer(3_000, 100, 60_000),
    'How often a consumer tells Kafka that it lives.',
  ),
} as const

export type DispatcherSettings = SettingsOf<typeof definition>

const fault = (key: string, rule: string, broken: boolean) => (broken ? { key, rule } : null)

const rules: readonly CrossRule<DispatcherSettings>[] = [
  saslIsComplete,
  (s) =>
    fault(
      'LEASE_TTL_MS',
      `must be at least ${MAX_ATTEMPT_DEADLINE_MS + s.marginMs + 10_000}: the longest attempt, the margin and two slow renewals`,
      s.leaseTtlMs < MAX_ATTEMPT_DEADLINE_MS + s.marginMs + 10_000,
    ),
  (s) => fault('KAFKA_SESSION_TIMEOUT_MS', 'must not exceed LEASE_TTL_MS', s.sessionTimeoutMs > s.leaseTtlMs),
  (s) =>
    fault(
      'KAFKA_HEARTBEAT_INTERVAL_MS',
      'must be at most a third of KAFKA_SESSION_TIMEOUT_MS',
      s.heartbeatIntervalMs * 3 > s.sessionTimeoutMs,
    ),
  (s) =>
    fault(
      'DRAIN_LIMIT_MS',
      `must be at least ${MAX_ATTEMPT_DEADLINE_MS + 15_000}: attempts in flight end first`,
      s.drainLimitMs < MAX_ATTEMPT_DEADLINE_MS + 15_000,
    ),
]

/** @throws ConfigurationError */
export const readDispatcherSettings = (): DispatcherSettings => readSettings(definition, rules)
