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
    'An app that writes back what it received causes a new event. This is the maximum number of apps in such a chain; an event with a longer chain is quarantined (`hops`). Too low: legitimate chains of systems are cut off. Too high: a loop runs longer.',
  ),
  sessionTimeoutMs: setting(
    'KAFKA_SESSION_TIMEOUT_MS',
    integer(10_000, 1_000, 300_000),
    'If Kafka receives no heartbeat for this many milliseconds, it gives the router’s partitions to another router. Too low: a short pause of the process moves its partitions. Too high: after a crash, its partitions stand still for longer.',
  ),
  heartbeatIntervalMs: setting(
    'KAFKA_HEARTBEAT_INTERVAL_MS',
    integer(1_000, 100, 60_000),
    'How often the router sends a heartbeat to Kafka, in milliseconds. The router learns of a rebalance from the response to a heartbeat.',
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
