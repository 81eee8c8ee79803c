import {
  crossRule,
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
import { DELIVERY_POLICY_LIMITS } from '@hooklane/contracts/records'

/** The longest timeout that a subscription may set for its receiver. */
const MAX_ATTEMPT_DEADLINE_MS = DELIVERY_POLICY_LIMITS.timeoutMs.max

export const definition = {
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  ...secretsSettings,
  ...targetSettings,
  workerGroups: setting(
    'WORKER_GROUPS',
    list('*'),
    'Worker groups that this dispatcher serves, as names or patterns (`shared-*`). A group that matches is served as soon as it appears. Every group must match at least one dispatcher. The deliveries of a group that no dispatcher serves wait.',
  ),
  leaseTtlMs: setting(
    'LEASE_TTL_MS',
    integer(40_000, 5_000, 300_000),
    'How long the lease of a partition lasts, in milliseconds. Too low: the lease expires during a slow renewal, and attempts stop. Too high: taking over from a crashed process takes that long. Use the same value for all dispatchers.',
  ),
  saveIntervalMs: setting(
    'SAVE_INTERVAL_MS',
    integer(1_000, 100, 5_000),
    'How often leases and positions are saved, in milliseconds. Too low: more load on Postgres. Too high: more duplicates after a crash.',
  ),
  marginMs: setting(
    'DEADLINE_MARGIN_MS',
    integer(1_000, 100, 10_000),
    'Slack between the latest end of an attempt and the end of the lease, in milliseconds. Too low: a process that pauses may still send after its lease has ended, at the same time as its successor. Too high: attempts are held back while renewals are slow.',
  ),
  inlineWindowMs: setting(
    'INLINE_WINDOW_MS',
    integer(5_000, 0, 60_000),
    'A retry that is due within this many milliseconds waits in memory; a later one is written to Postgres first. Too low: one write per failure. Too high: after a crash, attempts that the attempt number does not count are repeated.',
  ),
  attemptsMax: setting(
    'ATTEMPTS_MAX',
    integer(512, 1, 10_000),
    'Maximum number of requests in flight in this process. Throughput = requests in flight / latency. Too low: apps wait for the slow receivers of other apps. Too high: more memory and sockets.',
  ),
  perHostMax: setting(
    'PER_HOST_MAX',
    integer(10, 1, 1_000),
    'Maximum number of connections from this process to one host. Too low: the apps behind one host (a SaaS) wait for each other. Too high: that host is flooded after an outage.',
  ),
  memoryMaxBytes: setting(
    'MEMORY_MAX_BYTES',
    integer(256 * 1024 * 1024, 1024 * 1024, 64 * 1024 * 1024 * 1024),
    'Payload bytes held in lanes or waiting to be published to Kafka. Reading pauses at 80 % and resumes at 60 %. Too low: reading keeps stopping and starting. The memory limit of the process must leave room beyond this value; twice this value is safe.',
  ),
  spreadMax: setting(
    'SPREAD_MAX',
    integer(20_000, 100, 1_000_000),
    'A partition stops reading when its next record is this many records after its lowest unsettled record. Too low: an app that is down soon stops the other apps of its partition. Too high: more memory, and more records to read again after a takeover.',
  ),
  sessionTimeoutMs: setting(
    'KAFKA_SESSION_TIMEOUT_MS',
    integer(30_000, 1_000, 300_000),
    'If Kafka receives no heartbeat for this many milliseconds, it gives the dispatcher’s partitions to another dispatcher. Too low: a short pause of the process moves its partitions. Too high: after a crash, its partitions stand still for longer.',
  ),
  heartbeatIntervalMs: setting(
    'KAFKA_HEARTBEAT_INTERVAL_MS',
    integer(3_000, 100, 60_000),
    'How often the dispatcher sends a heartbeat to Kafka, in milliseconds. The dispatcher learns of a rebalance from the response to a heartbeat.',
  ),
} as const

export type DispatcherSettings = SettingsOf<typeof definition>

export const rules: readonly CrossRule<DispatcherSettings>[] = [
  saslIsComplete,
  crossRule(
    'LEASE_TTL_MS',
    `must be at least ${MAX_ATTEMPT_DEADLINE_MS + 10_000} more than DEADLINE_MARGIN_MS, for the longest attempt and two slow renewals`,
    (s) => s.leaseTtlMs >= MAX_ATTEMPT_DEADLINE_MS + s.marginMs + 10_000,
  ),
  crossRule('KAFKA_SESSION_TIMEOUT_MS', 'must not exceed LEASE_TTL_MS', (s) => s.sessionTimeoutMs <= s.leaseTtlMs),
  crossRule(
    'KAFKA_HEARTBEAT_INTERVAL_MS',
    'must be at most a third of KAFKA_SESSION_TIMEOUT_MS',
    (s) => s.heartbeatIntervalMs * 3 <= s.sessionTimeoutMs,
  ),
  crossRule(
    'DRAIN_LIMIT_MS',
    `must be at least ${MAX_ATTEMPT_DEADLINE_MS + 15_000}, so that attempts in flight can end first`,
    (s) => s.drainLimitMs >= MAX_ATTEMPT_DEADLINE_MS + 15_000,
  ),
]

/** @throws ConfigurationError */
export const readDispatcherSettings = (): DispatcherSettings => readSettings(definition, rules)
