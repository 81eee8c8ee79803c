import type { ConsumerReports } from '@hooklane/kafka/host'
import { reportSilence, type Readiness } from '@hooklane/observability'
import type { DispatcherMetrics } from '../metrics.js'
import type { DispatcherSettings } from '../settings.js'

/** Shows how the consumers of the worker groups fare. */
export function consumerReports(
  { sessionTimeoutMs }: Pick<DispatcherSettings, 'sessionTimeoutMs'>,
  metrics: DispatcherMetrics,
  readiness: Readiness,
): ConsumerReports {
  return {
    state: ({ group, lagRecords, fetchAgeMs, heartbeatAgeMs }) => {
      metrics.lag.set({ group }, lagRecords)
      if (fetchAgeMs !== null) metrics.lastFetchAge.set({ group }, fetchAgeMs / 1000)
      if (heartbeatAgeMs !== null) metrics.heartbeatAge.set({ group }, heartbeatAgeMs / 1000)
    },
    silence: (silentMs) => reportSilence(readiness, 'kafka', { who: 'Kafka', silentMs, limitMs: sessionTimeoutMs }),
  }
}
