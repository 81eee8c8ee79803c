import { topicNames } from '@hooklane/contracts/records'
import { KafkaLogConsumer, type KafkaClient } from '@hooklane/kafka'
import { ConsumerHost } from '@hooklane/kafka/host'
import type { ConsumerMetrics } from '@hooklane/observability'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import type { RouterSettings } from '../settings.js'

/**
 * How long a fetch may wait for records. A seek or resume has no effect before the current fetch ends, so this limits the time to acquire a
 * partition.
 */
const MAX_WAIT_MS = 150
/** Must hold at least one event of maximum size. */
const MAX_FETCH_BYTES_PER_PARTITION = 1024 * 1024
/** Name of the consumer group, without the topic prefix. */
export const GROUP = 'router'

/** Makes the router's member of its consumer group: one member for both topics, which gets the same partition numbers of both. */
export function makeHost(
  settings: RouterSettings,
  context: ServiceContext,
  { kafka, consumers }: { readonly kafka: KafkaClient; readonly consumers: ConsumerMetrics },
): ConsumerHost {
  const topics = topicNames(settings.topicPrefix)
  return new ConsumerHost({
    group: GROUP,
    consumer: new KafkaLogConsumer(kafka, {
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
    onCrash: (error) => context.fail('the consumer of events has crashed', error),
  })
}
