import { topicNames } from '@hooklane/contracts/records'
import type { PartitionRouterSettings } from '@hooklane/core/routing'
import type { ConsumerHost } from '@hooklane/kafka/host'
import type { ConsumerMetrics } from '@hooklane/observability'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import type { ConfigurationFeed } from '../configuration/configuration-feed.js'
import type { RouterMetrics } from '../metrics.js'
import { AssignedPartitions } from '../partitions/assigned-partitions.js'
import type { RouterSettings } from '../settings.js'
import type { KafkaRouterLog } from './kafka-router-log.js'
import type { RouterClient } from './router-client.js'
import { GROUP } from './make-host.js'

/** Limits of one transaction. Too low: each record costs more. Too high: records wait longer for each other, and take more memory. */
const BATCH_LIMITS = { maxRecords: 2_000, maxBytes: 8 * 1024 * 1024 } as const

export interface RouterParts {
  readonly client: RouterClient
  readonly log: KafkaRouterLog
  readonly host: ConsumerHost
  readonly configuration: ConfigurationFeed
  readonly routing: PartitionRouterSettings
  readonly metrics: RouterMetrics
  readonly consumers: ConsumerMetrics
}

/** Binds the router to Kafka and to its configuration. */
export function makeRouter(settings: RouterSettings, context: ServiceContext, parts: RouterParts): AssignedPartitions {
  const { logger, readiness, skips } = context
  const { client, log, host, configuration, routing, metrics, consumers } = parts
  const topics = topicNames(settings.topicPrefix)
  const router = new AssignedPartitions({
    host,
    readiness,
    context: {
      ...{ topics, log, routing, configuration, metrics, logger },
      quarantine: { metrics: consumers, skips, group: GROUP },
      limits: BATCH_LIMITS,
      clock: systemClock,
    },
  })
  configuration.listen(() => router.onConfiguration())
  client.listen((reset) => {
    if (reset.topic === topics.events) router.onOffsetReset(reset)
  })
  return router
}
