import type { LogBatch, TopicPartition } from '@hooklane/core/kernel'
import type { Assignment, ConsumerHost, PartitionHandler } from '@hooklane/kafka/host'
import type { Readiness } from '@hooklane/observability'
import { RoutingSession } from './routing-session.js'
import type { SessionContext } from './session-context.js'

export interface AssignedPartitionsOptions {
  /** The consumer of the topics `events` and `router.state`, which is assigned the same partition numbers of both. */
  readonly host: ConsumerHost
  readonly context: Omit<SessionContext, 'lastHeartbeatMs' | 'onChange'>
  readonly readiness: Readiness
}

/** Keeps one session per partition of `events` that the group has assigned to this process. */
export class AssignedPartitions implements PartitionHandler {
  readonly #host: ConsumerHost
  readonly #context: SessionContext
  readonly #readiness: Readiness
  readonly #sessions = new Map<number, RoutingSession>()

  constructor({ host, context, readiness }: AssignedPartitionsOptions) {
    this.#host = host
    this.#readiness = readiness
    this.#context = {
      ...context,
      lastHeartbeatMs: () => host.lastHeartbeatMs(),
      onChange: () => this.#report(),
    }
    readiness.set('partitions', false, 'not assigned yet')
  }

  onAssigned({ held }: Assignment): void {
    const { topics, logger } = this.#context
    const partitionsOf = (topic: string) =>
      new Set(held.filter((one) => one.topic === topic).map((one) => one.partition))
    const events = partitionsOf(topics.events)
    const states = partitionsOf(topics.routerState)
    const wanted = new Set([...events].filter((partition) => states.has(partition)))
    const torn = held.filter((one) => !wanted.has(one.partition))
    // Only a group member that uses a different partition assigner can cause this. Routing a partition needs both topics.
    if (torn.length > 0)
      logger.error(
        { alarm: 'torn_assignment', torn },
        'partitions were assigned without those of the same number of the other topic (events, router.state): they are not routed',
      )
    for (const [partition, session] of this.#sessions) {
      if (wanted.has(partition)) session.rejoined()
      else {
        session.end()
        this.#sessions.delete(partition)
      }
    }
    for (const partition of wanted) if (!this.#sessions.has(partition)) this.#begin(partition)
    logger.info({ partitions: [...wanted].sort((a, b) => a - b) }, 'assigned')
    this.#report()
  }

  positionOf({ topic, partition }: TopicPartition): bigint | null {
    return this.#sessions.get(partition)?.positionOf(topic) ?? null
  }

  onBatch(batch: LogBatch): void {
    this.#sessions.get(batch.partition)?.read(batch)
  }

  /** Records that are not routed yet, over all acquired partitions (the others count as 0). */
  lagRecords(): number {
    return [...this.#sessions.values()].reduce((sum, session) => sum + session.lag, 0)
  }

  /** Finishes the transactions in flight and starts no new ones, so that the partitions' next owners can start at once. */
  async drain(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.finish()))
    this.#sessions.clear()
  }

  /** Call when the consumer's position in `events` was below the start of the log, and Kafka moved it to that start. */
  onOffsetReset({ partition }: { readonly partition: number }): void {
    this.#sessions.get(partition)?.noteExpired()
  }

  /** Call when a record of the configuration was read. */
  onConfiguration(): void {
    for (const session of this.#sessions.values()) session.reconfigured()
  }

  #begin(partition: number): void {
    const session = new RoutingSession(partition, this.#host, this.#context)
    this.#sessions.set(partition, session)
    session.start()
  }

  #report(): void {
    const sessions = [...this.#sessions.values()]
    const acquired = sessions.filter((session) => session.isAcquired).length
    const waiting = sessions.filter((session) => session.isWaiting).length
    const { partitions } = this.#context.metrics
    partitions.set({ state: 'assigned' }, sessions.length)
    partitions.set({ state: 'acquired' }, acquired)
    partitions.set({ state: 'waiting' }, waiting)
    const failing = sessions.find((session) => session.failure !== null)
    const reason = failing ? `; retrying partition ${failing.partition}: ${failing.failure}` : ''
    const isWell = acquired === sessions.length && !failing
    this.#readiness.set('partitions', isWell, `${acquired} of ${sessions.length} acquired${reason}`)
  }
}
