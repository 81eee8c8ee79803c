import { topicNames } from '@hooklane/contracts/records'
import { KafkaLogConsumer, type KafkaClient } from '@hooklane/kafka'
import { ConsumerHost } from '@hooklane/kafka/host'
import type { ConsumerMetrics } from '@hooklane/observability'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import type { RouterSettings } from '../settings.js'

/** Bounds how long a seek or resume takes to act, and so the time to acquire a partition. */
const MAX_WAIT_MS = 150
/** One fetch of one partition holds at least one event of the largest size. */
const MAX_FETCH_BYTES_PER_PARTITION = 1024 * 1024
/** Consumer group, without the prefix of the topics. */
export const GROUP = 'router'

/** The router's member of its consumer group: one for both topics, assigned partition by partition together. */
export function makeHost(
  settings: RouterSettings,
  context: ServiceContext,
  consumers: ConsumerMetrics,
  client: KafkaClient,
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
