import { CONSUMER_GROUPS, counter, gauge, registerMetrics, type Metrics, type Registry } from './metrics.js'
import { QUARANTINE_REASONS } from './quarantine-reason.js'

const group = CONSUMER_GROUPS

/** The metrics of every service that reads Kafka as a member of a consumer group. */
export const consumerMetricCatalogue = {
  lag: gauge(
    'consumer_lag_records',
    'Records that this process has not finished, in the partitions that it holds, as of the last read. Router: records that are not routed yet. Dispatcher: records behind the positions; grows when receivers accept fewer deliveries than the router creates. Recorder: records that are not in the delivery log yet; until then the log shows an older state.',
    { group },
  ),
  lastFetchAge: gauge(
    'consumer_last_fetch_age_seconds',
    'Time since Kafka last answered a fetch, with or without records. Also near 0 while every partition is paused, although no records are requested then. Normal: below a second. Above 60: this process reads nothing, even if it reports no error.',
    { group },
  ),
  heartbeatAge: gauge(
    'consumer_heartbeat_age_seconds',
    'Time since the last heartbeat that Kafka answered. Above the session timeout (KAFKA_SESSION_TIMEOUT_MS; 10 seconds for the recorder) the partitions go to another process.',
    { group },
  ),
  rebalances: counter(
    'consumer_rebalances_total',
    'How often Kafka assigned the partitions of a group to this process again. Normal: one at the start, and one for each process that starts or stops. If the number is higher, processes send no heartbeat for longer than the session timeout.',
    { group },
  ),
  quarantined: counter(
    'quarantined_total',
    'Records that were put into quarantine, by reason. Router, not zero: one of your producers sends records that Hooklane cannot accept; the guide “Produce events yourself” shows how to read the quarantine. Dispatcher and recorder, not zero: another program writes to their topics, or the database refuses a record (`refused`).',
    { group, reason: QUARANTINE_REASONS },
  ),
} as const

export type ConsumerMetrics = Metrics<typeof consumerMetricCatalogue>

/** Registers the metrics. Call it once per process. */
export const consumerMetrics = (registry: Registry): ConsumerMetrics =>
  registerMetrics(registry, consumerMetricCatalogue)
