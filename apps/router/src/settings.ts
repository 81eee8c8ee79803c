import {
  crossRule,
  integer,
  kafkaSettings,
  readSettings,
  saslIsComplete,
  serviceSettings,
  setting,
  type CrossRule,
  type SettingsOf,
} from '@hooklane/config'

export const definition = {
  ...serviceSettings,
  ...kafkaSettings,
  maxHops: setting(
    'MAX_HOPS',
    integer(3, 0, 100),
    'How many apps in a row may have caused an event by writing back what they received; an event above is quarantined (`hops`). Too low cuts chains of systems, too high lets a loop run longer.',
  ),
  sessionTimeoutMs: setting(
    'KAFKA_SESSION_TIMEOUT_MS',
    integer(10_000, 1_000, 300_000),
    'Without a heartbeat for this many milliseconds Kafka gives the partitions to another router. Too low: a pause of the process moves them. Too high: a crash stops them for that long.',
  ),
  heartbeatIntervalMs: setting(
    'KAFKA_HEARTBEAT_INTERVAL_MS',
    integer(1_000, 100, 60_000),
    'How often the router tells Kafka that it lives, in milliseconds, and so how soon it learns of a rebalance.',
  ),
} as const

export type RouterSettings = SettingsOf<typeof definition>

export const rules: readonly CrossRule<RouterSettings>[] = [
  saslIsComplete,
  crossRule(
    'KAFKA_HEARTBEAT_INTERVAL_MS',
    'must be at most a third of KAFKA_SESSION_TIMEOUT_MS',
    (s) => s.heartbeatIntervalMs * 3 <= s.sessionTimeoutMs,
  ),
]

/** @throws ConfigurationError */
export const readRouterSettings = (): RouterSettings => readSettings(definition, rules)
