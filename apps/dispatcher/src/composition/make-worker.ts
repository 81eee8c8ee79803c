import { topicNames, type WorkerGroupConfiguration } from '@hooklane/contracts/records'
import type { PartitionOffsets } from '@hooklane/core/kernel'
import { PartitionOwner } from '@hooklane/dispatch'
import { KafkaLogConsumer } from '@hooklane/kafka'
import { ConsumerHost, quarantineRecord, type RefusedRecord } from '@hooklane/kafka/host'
import { reportQuarantined, type ConsumerMetrics } from '@hooklane/observability'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import type { SessionFactory } from '../sessions/session-factory.js'
import { GroupWorker } from '../groups/group-worker.js'
import type { DispatcherMetrics } from '../metrics.js'
import type { DispatcherSettings } from '../settings.js'
import type { Connections } from './connections.js'

/** How long a rebalance waits for the group's members: longer than the longest attempt, so that no attempt is in flight at its end. */
const REBALANCE_TIMEOUT_MS = 60_000
/** How long a fetch may wait for records. A dedicated group reads one partition only and may wait longer. */
const SHARED_WAIT_MS = 500
const DEDICATED_WAIT_MS = 2_000

export interface WorkerMakerOptions {
  readonly settings: DispatcherSettings
  readonly connections: Connections
  readonly sessions: SessionFactory
  readonly metrics: DispatcherMetrics
  readonly context: ServiceContext
  readonly consumers: ConsumerMetrics
  /** Constant for the life of the process; shows operators which process holds a partition. */
  readonly instance: string
  /** Reads the configuration to its end. Returns whether the worker group is no longer in it. */
  readonly isGone: (workerGroup: string) => Promise<boolean>
}

/** Makes the workers of worker groups: their consumers and the owners of their partitions. */
export class WorkerMaker {
  private readonly names

  constructor(private readonly options: WorkerMakerOptions) {
    this.names = topicNames(options.settings.topicPrefix)
  }

  make(group: WorkerGroupConfiguration): GroupWorker {
    const topic = this.names.deliveries(group.name)
    return new GroupWorker({
      topics: { main: topic },
      host: this.makeHost(group, topic),
      makeOwner: (partition, worker) => this.makeOwner(group.name, partition, worker),
      quarantine: (unreadable, isNeeded) => this.quarantine(group.name, unreadable, isNeeded),
    })
  }

  private makeHost(group: WorkerGroupConfiguration, topic: string): ConsumerHost {
    const { settings, connections, context } = this.options
    return new ConsumerHost({
      group: group.name,
      consumer: new KafkaLogConsumer(connections.kafka, {
        group: this.names.group(group.name),
        topics: [topic],
        maxWaitMs: group.slots === 0 ? DEDICATED_WAIT_MS : SHARED_WAIT_MS,
        sessionTimeoutMs: settings.sessionTimeoutMs,
        heartbeatMs: settings.heartbeatIntervalMs,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      }),
      clock: systemClock,
      onRebalance: (partitions) => {
        this.options.consumers.rebalances.inc({ group: group.name })
        context.logger.info({ group: group.name, partitions }, 'partitions assigned')
      },
      onCrash: (error) => void this.crashed(group.name, error),
    })
  }

  private makeOwner(workerGroup: string, partition: number, worker: GroupWorker): PartitionOwner {
    const { settings, connections, sessions, metrics, context, instance } = this.options
    const { logger } = context
    const topic = this.names.deliveries(workerGroup)
    return new PartitionOwner({
      workerGroup,
      partition,
      instance,
      leaseTtlMs: settings.leaseTtlMs,
      clock: systemClock,
      leaseStore: connections.leaseStore,
      offsets: () => this.offsets(topic, partition),
      open: (grant, deadlineMs, { low }) => sessions.open({ grant, deadlineMs, logStart: low }, worker),
      read: (fromOffset) => worker.read(partition, fromOffset),
      onBadPosition: (kind, position, { low, high }) => {
        metrics.alarms.inc({ kind: 'log_lost' })
        const where = {
          group: workerGroup,
          partition,
          position: String(position),
          low: String(low),
          high: String(high),
        }
        logger.error(where, BAD_POSITION[kind])
      },
      onRetry: (reason, error) => {
        if (error === undefined) logger.debug({ group: workerGroup, partition }, reason)
        else logger.warn({ error, group: workerGroup, partition }, reason)
      },
      onAcquired: (seconds) => metrics.takeoverSeconds.observe({ group: workerGroup }, seconds),
    })
  }

  /** A group and its topic may have been deleted while this process was frozen. Then the crash of the consumer must not end the process. */
  private async crashed(group: string, error: Error): Promise<void> {
    const isGone = await this.options.isGone(group).catch(() => false)
    if (isGone) this.options.context.logger.info({ error, group }, 'the consumer of a removed worker group has ended')
    else this.options.context.fail(`the consumer of ${group} could not be kept running`, error)
  }

  private async offsets(topic: string, partition: number): Promise<PartitionOffsets> {
    const found = (await this.options.connections.admin.offsets(topic)).find((one) => one.partition === partition)
    if (!found) throw new Error(`${topic} has no partition ${partition}`)
    return found
  }

  private async quarantine(
    group: string,
    unreadable: readonly RefusedRecord[],
    isNeeded: () => boolean,
  ): Promise<void> {
    const message = 'deliveries could not be read and were put into quarantine'
    const source = { metrics: this.options.consumers, skips: this.options.context.skips, group }
    reportQuarantined(source, unreadable, { level: 'error', message, fields: { group } })
    const destination = { topic: this.names.quarantine, service: 'dispatcher', at: new Date().toISOString() }
    await Promise.all(
      unreadable.map((one) => this.options.connections.publisher.publish(quarantineRecord(one, destination), isNeeded)),
    )
  }
}

const BAD_POSITION = {
  below: 'records expired before they were delivered: the outage was longer than the retention of the topic',
  above:
    'a saved position lies beyond the end of the topic, which means that the topic was created again: restore the topic, or delete the rows of partition_owner for this group',
} as const
