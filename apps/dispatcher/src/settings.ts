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

/** A subscription may give its receiver up to this long. */
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
    'Worker groups served, as names or patterns (`shared-*`); a group that matches is served as soon as it appears. Every group must be matched by some dispatcher: what nobody serves waits.',
  ),
  leaseTtlMs: setting(
    'LEASE_TTL_MS',
    integer(40_000, 5_000, 300_000),
    'How long the lease of a partition lasts, in milliseconds. Too low: it expires under a slow renewal and attempts stop. Too high: taking over from a crashed process takes that long. The same for all dispatchers.',
  ),
  saveIntervalMs: setting(
    'SAVE_INTERVAL_MS',
    integer(1_000, 100, 5_000),
    'How often leases and positions are saved, in milliseconds. Too low: load on Postgres. Too high: more duplicates after a crash.',
  ),
  marginMs: setting(
    'DEADLINE_MARGIN_MS',
    integer(1_000, 100, 10_000),
    'Slack between the latest end of an attempt and the end of the lease, in milliseconds. Too low: a process that stutters may send after its lease, beside its successor. Too high: attempts are held back while renewals are slow.',
  ),
  inlineWindowMs: setting(
    'INLINE_WINDOW_MS',
    integer(5_000, 0, 60_000),
    'A retry at most this many milliseconds away is waited for in memory; a later one is written to Postgres first. Too low: a write for each failure. Too high: after a crash more attempts are repeated than their count says.',
  ),
  attemptsMax: setting(
    'ATTEMPTS_MAX',
    integer(512, 1, 10_000),
    'Requests in flight in this process. Throughput = requests in flight / latency. Too low: apps wait for each other’s slow receivers. Too high: memory and sockets.',
  ),
  perHostMax: setting(
    'PER_HOST_MAX',
    integer(10, 1, 1_000),
    'Connections of this process to one host. Too low: the apps behind one host (a SaaS) wait for each other. Too high: that host is flooded after an outage.',
  ),
  memoryMaxBytes: setting(
    'MEMORY_MAX_BYTES',
    integer(256 * 1024 * 1024, 1024 * 1024, 64 * 1024 * 1024 * 1024),
    'Payload bytes held in lanes and for Kafka; at 80 % reading pauses, at 60 % it goes on. Too low: reading stops and starts. Must leave room in the process’s memory limit, twice it is safe.',
  ),
  spreadMax: setting(
    'SPREAD_MAX',
    integer(20_000, 100, 1_000_000),
    'Records between the lowest not done and the next to read, at which a partition stops reading. Too low: an app that is down soon stops its neighbours in the partition. Too high: memory, and a longer way back after a takeover.',
  ),
  sessionTimeoutMs: setting(
    'KAFKA_SESSION_TIMEOUT_MS',
    integer(30_000, 1_000, 300_000),
    'Without a heartbeat for this many milliseconds Kafka gives the partitions to another dispatcher. Too low: a pause of the process moves them. Too high: a crash stops them for that long.',
  ),
  heartbeatIntervalMs: setting(
    'KAFKA_HEARTBEAT_INTERVAL_MS',
    integer(3_000, 100, 60_000),
    'How often the dispatcher tells Kafka that it lives, in milliseconds, and so how soon it learns of a rebalance.',
  ),
} as const

export type DispatcherSettings = SettingsOf<typeof definition>

export const rules: readonly CrossRule<DispatcherSettings>[] = [
  saslIsComplete,
  crossRule(
    'LEASE_TTL_MS',
    `must be at least ${MAX_ATTEMPT_DEADLINE_MS + 10_000} more than DEADLINE_MARGIN_MS: the longest attempt and two slow renewals`,
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
    `must be at least ${MAX_ATTEMPT_DEADLINE_MS + 15_000}: attempts in flight end first`,
    (s) => s.drainLimitMs >= MAX_ATTEMPT_DEADLINE_MS + 15_000,
  ),
]

/** @throws ConfigurationError */
export const readDispatcherSettings = (): DispatcherSettings => readSettings(definition, rules)
