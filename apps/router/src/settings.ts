import {
  integer,
  kafkaSettings,
  readSettings,
  saslIsComplete,
  serviceSettings,
  setting,
  type CrossRule,
  type SettingsOf,
} from '@hooklane/config'

const definition = {
  ...serviceSettings,
  ...kafkaSettings,
  maxHops: setting(
    'MAX_HOPS',
    integer(3, 0, 100),
    'Echoes of apps that may lead to an event; events above are quarantined. Too low cuts chains of systems, too high lets a loop run longer.',
  ),
  sessionTimeoutMs: setting(
    'KAFKA_SESSION_TIMEOUT_MS',
    integer(10_000, 1_000, 300_000),
    'Without a heartbeat for this long Kafka gives the partitions to another router. Too low: a pause of the process moves them. Too high: a crash stops them for that long.',
  ),
  heartbeatIntervalMs: setting(
    'KAFKA_HEARTBEAT_INTERVAL_MS',
    integer(1_000, 100, 60_000),
    'How often the router tells Kafka that it lives, and so how soon it learns of a rebalance.',
  ),
} as const

const heartbeatFitsSession: CrossRule<RouterSettings> = (s) =>
  s.heartbeatIntervalMs * 3 > s.sessionTimeoutMs
    ? { key: 'KAFKA_HEARTBEAT_INTERVAL_MS', rule: 'must be at most a third of KAFKA_SESSION_TIMEOUT_MS' }
    : null

export type RouterSettings = SettingsOf<typeof definition>

/** @throws ConfigurationError */
export const readRouterSettings = (): RouterSettings => readSettings(definition, [saslIsComplete, heartbeatFitsSession])
