import { topicNames } from '@hooklane/contracts/records'
import { KafkaLogConsumer } from '@hooklane/kafka'
import { ConsumerHost } from '@hooklane/kafka/host'
import type { ConsumerMetrics } from '@hooklane/observability'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import type { Connections } from './connections.js'
import type { RecorderSettings } from './settings.js'

/**
 * A fetch waits for some hundred records or half a second, because every fetch, transaction and commit of offsets costs CPU in three
 * processes. The delivery log need not be more current than that.
 */
const FETCH = { maxWaitMs: 500, minBytes: 512 * 1024, maxBytesPerPartition: 1024 * 1024 } as const
/** Kafka removes a process from its group when it receives no heartbeat for this long. */
export const SESSION_TIMEOUT_MS = 10_000
/** Name of the consumer group, without the topic prefix. */
export const GROUP = 'recorder'

/** Makes the recorder's member of its consumer group. */
export function makeHost(
  { topicPrefix }: RecorderSettings,
  context: ServiceContext,
  { connections, consumers }: { readonly connections: Connections; readonly consumers: ConsumerMetrics },
): ConsumerHost {
  const names = topicNames(topicPrefix)
  context.readiness.set('kafka', false, 'joining the group')
  return new ConsumerHost({
    group: GROUP,
    consumer: new KafkaLogConsumer(connections.kafka, {
      group: names.group(GROUP),
      topics: [names.attempts, names.deadLetters],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      ...FETCH,
    }),
    clock: systemClock,
    onRebalance: () => consumers.rebalances.inc({ group: GROUP }),
    onCrash: (error) => context.fail('the Kafka consumer could not be kept running', error),
  })
}
