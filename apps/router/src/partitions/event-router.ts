import type {
  LogBatch,
  LogConsumer,
  LogConsumerControl,
  LogConsumerHandlers,
  TopicPartition,
} from '@hooklane/core/kernel'
import { reportSilence, type Readiness } from '@hooklane/observability'
import { PartitionSession } from './partition-session.js'
import type { SessionContext } from './session-context.js'

export interface EventRouterOptions {
  /** One member for both topics, assigned partition by partition together. */
  readonly consumer: LogConsumer
  readonly context: Omit<SessionContext, 'lastHeartbeatMs' | 'onChange'>
  readonly readiness: Readiness
  /** Without a heartbeat for so long a process is no member of its group any more. */
  readonly sessionTimeoutMs: number
  /** The consumer stopped for good. */
  readonly onCrash: (error: Error) => void
}

/** Keeps one session per partition of `events` that the group has assigned to this process. */
export class EventRouter implements LogConsumerHandlers {
  readonly #consumer: LogConsumer
  readonly #context: SessionContext
  readonly #readiness: Readiness
  readonly #sessionTimeoutMs: number
  readonly #sessions = new Map<number, PartitionSession>()
  readonly #crashed: (error: Error) => void
  #isStopping = false

  constructor({ consumer, context, readiness, sessionTimeoutMs, onCrash }: EventRouterOptions) {
    this.#consumer = consumer
    this.#sessionTimeoutMs = sessionTimeoutMs
    this.#readiness = readiness
    this.#crashed = onCrash
    this.#context = {
      ...context,
      lastHeartbeatMs: () => consumer.lastHeartbeatMs(),
      onChange: () => this.#report(),
    }
    readiness.set('partitions', false, 'not assigned yet')
  }

  async start(): Promise<void> {
    await this.#consumer.start(this)
  }

  /** Ends the transactions in flight, begins no other ones, then leaves the group: the partitions' next owners start at once. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all([...this.#sessions.values()].map((session) => session.finish()))
    this.#sessions.clear()
    await this.#consumer.stop()
  }

  onAssigned(assigned: readonly TopicPartition[], control: LogConsumerControl): void {
    if (this.#isStopping) return control.pause(assigned)
    const { topics, logger } = this.#context
    const partitionsOf = (topic: string) =>
      new Set(assigned.filter((one) => one.topic === topic).map((one) => one.partition))
    const events = partitionsOf(topics.events)
    const states = partitionsOf(topics.routerState)
    const wanted = new Set([...events].filter((partition) => states.has(partition)))
    const torn = assigned.filter((one) => !wanted.has(one.partition))
    if (torn.length > 0) {
      // Only a member with another assigner can do that; half a partition can not be routed.
      logger.error({ alarm: 'torn_assignment', torn }, 'a partition was assigned without its counterpart')
      control.pause(torn)
    }
    for (const [partition, session] of this.#sessions) {
      if (wanted.has(partition)) session.rejoined()
      else {
        session.end()
        this.#sessions.delete(partition)
      }
    }
    for (const partition of wanted) if (!this.#sessions.has(partition)) this.#begin(partition, control)
    logger.info({ partitions: [...wanted].sort((a, b) => a - b) }, 'assigned')
    this.#report()
  }

  /** Brings the gauges up to date that nothing else changes while Kafka is silent. */
  observe(): void {
    const { metrics, clock } = this.#context
    const nowMs = clock.monotonicMs()
    const lag = [...this.#sessions.values()].reduce((sum, session) => sum + session.lag, 0)
    metrics.lag.set(lag)
    const fetchedMs = this.#consumer.lastFetchMs()
    if (fetchedMs !== null) metrics.lastFetchAge.set((nowMs - fetchedMs) / 1000)
    const heartbeatMs = this.#consumer.lastHeartbeatMs()
    if (heartbeatMs !== null) metrics.heartbeatAge.set((nowMs - heartbeatMs) / 1000)
    const silentMs = heartbeatMs === null ? null : nowMs - heartbeatMs
    reportSilence(this.#readiness, 'kafka', { who: 'Kafka', silentMs, limitMs: this.#sessionTimeoutMs })
  }

  /** The consumer of `events` was below the log's start and has been moved there. */
  onOffsetReset({ partition }: { readonly partition: number }): void {
    this.#sessions.get(partition)?.overtaken()
  }

  /** A record of the configuration was read. */
  onConfiguration(): void {
    for (const session of this.#sessions.values()) session.reconfigured()
  }

  onBatch(batch: LogBatch): void {
    this.#sessions.get(batch.partition)?.read(batch)
  }

  onCrash(error: Error): void {
    this.#crashed(error)
  }

  #begin(partition: number, control: LogConsumerControl): void {
    const session = new PartitionSession(partition, control, this.#context)
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
    const reason = failing ? `; partition ${failing.partition} is tried again: ${failing.failure}` : ''
    const isWell = acquired === sessions.length && !failing
    this.#readiness.set('partitions', isWell, `${acquired} of ${sessions.length} acquired${reason}`)
  }
}
