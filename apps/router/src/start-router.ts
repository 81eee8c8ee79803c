import { kafkaConnection } from '@hooklane/config'
import { decodeEvent, HEADER, MAX_EVENT_BYTES, SCHEMA, topicNames, type TopicNames } from '@hooklane/contracts'
import { ConfigurationView, type PartitionRouterSettings } from '@hooklane/core'
import {
  ConfigurationReader,
  createKafkaClient,
  KafkaLogConsumer,
  type KafkaClient,
  type OffsetReset,
} from '@hooklane/kafka'
import { ConsumerHost, watchConsumers } from '@hooklane/kafka/host'
import { ConsumerReport, consumerMetrics, noteUndecodable, type ConsumerMetrics } from '@hooklane/observability'
import { systemClock, type RunningService, type ServiceContext } from '@hooklane/runtime'
import { KafkaRouterLog } from './kafka-router-log.js'
import { createRouterMetrics, type RouterMetrics } from './metrics.js'
import { EventRouter } from './partitions/event-router.js'
import type { RouterSettings } from './settings.js'

/** More records cost less each but wait for each other; bytes bound what one transaction holds in memory. */
const BATCH_LIMITS = { maxRecords: 2_000, maxBytes: 8 * 1024 * 1024 } as const
/** Bounds how long a seek or resume takes to act, and so the time to acquire a partition. */
const MAX_WAIT_MS = 150
/** One fetch of one partition holds at least one event of the largest size. */
const MAX_FETCH_BYTES_PER_PARTITION = 1024 * 1024
const GROUP = 'router'

/** Binds the parts of the router and starts them. Resolves when it has joined its group; partitions are acquired in the background. */
export async function startRouter(settings: RouterSettings, context: ServiceContext): Promise<RunningService> {
  const { logger, readiness, registry, skips } = context
  const topics = topicNames(settings.topicPrefix)
  const metrics = createRouterMetrics(registry)
  const consumers = consumerMetrics(registry)
  const client = kafkaClient(settings, context, (reset) => {
    metrics.incidents.inc({ kind: 'offset_reset' })
    // Its consumer reads nothing before it is started.
    if (reset.topic === topics.events) router.onOffsetReset(reset)
  })
  const log = new KafkaRouterLog(client, topics)
  const routing = await routingSettings(settings, log, topics)

  const view = new ConfigurationView()
  let onConfiguration = (): void => undefined // Until there is a router to be told.
  const reader = configurationReader(client, { topics, view, metrics, onChange: () => onConfiguration() }, context)
  readiness.set('configuration', false, 'reading')
  await reader.start()
  await reader.caughtUp()
  readiness.set('configuration', true)

  const host = makeHost(settings, client, consumers, context)
  const router = new EventRouter({
    host,
    readiness,
    context: {
      topics,
      log,
      routing,
      metrics,
      logger,
      quarantine: { metrics: consumers, skips, group: GROUP },
      configuration: { view, caughtUp: () => reader.readToEnd(), companyIds: () => view.companyIds() },
      limits: BATCH_LIMITS,
      clock: systemClock,
    },
  })
  onConfiguration = () => router.onConfiguration()
  await host.start(router)
  const report = new ConsumerReport(consumers, readiness, settings.sessionTimeoutMs)
  const stopWatching = watchConsumers(systemClock, () => [host], report)
  return {
    close: async () => {
      stopWatching()
      await host.stop()
      await reader.stop()
    },
  }
}

function makeHost(
  settings: RouterSettings,
  client: KafkaClient,
  consumers: ConsumerMetrics,
  context: ServiceContext,
): ConsumerHost {
  const topics = topicNames(settings.topicPrefix)
  return new ConsumerHost({
    group: GROUP,
    consumer: new KafkaLogConsumer(client, {
      group: topics.group(GROUP),
      topics: [topics.events, topics.routerState],
      leadTopic: topics.events,
      maxWaitMs: MAX_WAIT_MS,
      maxBytesPerPartition: MAX_FETCH_BYTES_PER_PARTITION,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      heartbeatMs: settings.heartbeatIntervalMs,
    }),
    clock: systemClock,
    onRebalance: () => consumers.rebalances.inc({ group: GROUP }),
    onCrash: (error) => context.fail('the consumer of events is gone', error),
  })
}

interface ReaderParts {
  readonly topics: TopicNames
  readonly view: ConfigurationView
  readonly metrics: RouterMetrics
  /** A record has changed the view. */
  readonly onChange: () => void
}

/** Follows the configuration topic into the view. */
function configurationReader(
  client: KafkaClient,
  { topics, view, metrics, onChange }: ReaderParts,
  context: ServiceContext,
): ConfigurationReader {
  return new ConfigurationReader(client, {
    topic: topics.subscriptions,
    groupPrefix: topics.group(GROUP),
    onRecord: (record) => {
      if (view.put(record)) onChange()
    },
    onUndecodable: (record, reason) => {
      metrics.incidents.inc({ kind: 'configuration_undecodable' })
      noteUndecodable(context.skips, record, reason)
    },
    onCrash: (error) => context.fail('the configuration can no longer be followed', error),
  })
}

async function routingSettings(
  settings: RouterSettings,
  log: KafkaRouterLog,
  topics: TopicNames,
): Promise<PartitionRouterSettings> {
  const [partitions, statePartitions] = await Promise.all([
    log.partitionCount(topics.events),
    log.partitionCount(topics.routerState),
  ])
  if (partitions !== statePartitions) {
    throw new Error(
      `${topics.events} has ${partitions} partitions and ${topics.routerState} has ${statePartitions}: they must have the same number`,
    )
  }
  return {
    partitions,
    maxEventBytes: MAX_EVENT_BYTES,
    maxHops: settings.maxHops,
    schema: { header: HEADER.schema, value: SCHEMA.event },
    decode: decodeEvent,
  }
}

function kafkaClient(
  settings: RouterSettings,
  { logger }: ServiceContext,
  onOffsetReset: (reset: OffsetReset) => void,
): KafkaClient {
  const clientId = `${settings.topicPrefix}router`
  return createKafkaClient({ ...kafkaConnection(settings), clientId, logger, onOffsetReset })
}
