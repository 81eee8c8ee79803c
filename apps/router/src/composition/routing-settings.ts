import { decodeEvent, HEADER, MAX_EVENT_BYTES, SCHEMA } from '@hooklane/contracts/public'
import type { TopicNames } from '@hooklane/contracts/records'
import type { PartitionRouterSettings } from '@hooklane/core/routing'
import type { RouterSettings } from '../settings.js'
import type { KafkaRouterLog } from './kafka-router-log.js'

/**
 * The settings by which partitions are routed.
 *
 * @throws Error when `events` and `router.state` have different numbers of partitions
 */
export async function routingSettings(
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
