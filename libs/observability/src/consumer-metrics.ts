import { CONSUMER_GROUPS, counter, gauge, registerMetrics, type Metrics, type Registry } from './metrics.js'
import { QUARANTINE_REASONS } from './quarantine-reason.js'

const group = CONSUMER_GROUPS

/** What every service that reads Kafka as a member of a group tells Prometheus of its consumers. */
export const consumerMetricCatalogue = {
  lag: gauge(
    'consumer_lag_records',
    'Records of the group’s topics that this process is not done with, of the partitions that it holds, as of the last read. Router: not routed yet. Dispatcher: behind the positions; grows when receivers take less than is routed. Recorder: not in the delivery log yet, which shows an older state.',
    { group },
  ),
  lastFetchAge: gauge(
    'consumer_last_fetch_age_seconds',
    'Since Kafka last answered a read, with or without records; near 0 as well while every partition is paused and nothing is asked for. Normal: below a second. Above 60: nothing is read, although nothing may have failed.',
    { group },
  ),
  heartbeatAge: gauge(
    'consumer_heartbeat_age_seconds',
    'Since the last heartbeat that Kafka answered. Above the session timeout (KAFKA_SESSION_TIMEOUT_MS; of the recorder 10 seconds) the partitions go to another process.',
    { group },
  ),
  rebalances: counter(
    'consumer_rebalances_total',
    'Times that Kafka told this process its partitions of a group again. One at the start and one per process that comes or goes; more mean that processes fall silent for longer than the session timeout.',
    { group },
  ),
  quarantined: counter(
    'quarantined_total',
    'Records that were put into quarantine, by reason. Router, not zero: a producer of yours sends what Hooklane cannot take; the guide “Produce events yourself” says how to look at it. Dispatcher and recorder: somebody else writes to their topics, or the database refuses what was recorded (`refused`).',
    { group, reason: QUARANTINE_REASONS },
  ),
} as const

export type ConsumerMetrics = Metrics<typeof consumerMetricCatalogue>

/** Once for each process. */
export const consumerMetrics = (registry: Registry): ConsumerMetrics =>
  registerMetrics(registry, consumerMetricCatalogue)
