import { PositionBackoff, type LogBatch, type TopicPartition } from '@hooklane/core/kernel'
import { isDedicatedGroup } from '@hooklane/core/worker-group'
import { isEmptyBatch, PartitionRouter, routeBatch, type RoutedBatch } from '@hooklane/core/routing'
import type { ReadControl } from '@hooklane/kafka/host'
import type { Logger } from '@hooklane/observability'
import { acquirePartition } from './acquire-partition.js'
import { Backlog } from './backlog.js'
import { inPlaceOfExpired } from './in-place-of-expired.js'
import { PartitionWriter } from './partition-writer.js'
import { reportTransaction } from './report-transaction.js'
import type { SessionContext } from './session-context.js'
import { SessionLifetime } from './session-lifetime.js'
import type { StateRestore } from './state-restore.js'
import { waitForGroup, type WantedGroup } from './wait-for-worker-group.js'
import { waitForHeartbeat } from './wait-for-heartbeat.js'

/** Pause between a failure and the next try. Too low: retries burden a starting broker. Too high: the apps of the partition wait longer. */
const RESTS = { firstMs: 300, maxMs: 5_000 }
/** Stands for the offset of a failure that occurs while the partition is acquired. It is below every offset. */
const BEFORE_THE_LOG = -1n

type Phase =
  /** The partitions of both topics are paused; batches that still arrive are dropped. */
  | { readonly name: 'acquiring' }
  /** The state partition is being read; `events` is paused. */
  | { readonly name: 'restoring'; readonly restore: StateRestore }
  /** `events` is being read (unless the backlog is full); the state partition is paused. */
  | { readonly name: 'owned'; readonly backlog: Backlog; isReadingPaused: boolean; waitsForGroup: boolean }

/**
 * Routes one partition of `events`, from its assignment until it is taken away. Acquires the partition, then routes batch by batch, each in
 * one transaction. Starts over after any error.
 *
 * Why two owners never both route: the transactional id belongs to the partition, so opening a writer fences every earlier owner (even a
 * frozen process) and commits or aborts that owner's last transaction. The state and the committed offset are final only if they are read
 * *after* the writer was opened. The assignment by the consumer group only says which process should try.
 *
 * A transaction that failed here may have been committed all the same, so the session discards everything in memory after a failure.
 */
export class RoutingSession {
  readonly #events: TopicPartition
  readonly #state: TopicPartition
  readonly #logger: Logger
  readonly #lifetime: SessionLifetime
  readonly #writer: PartitionWriter
  #phase: Phase = { name: 'acquiring' }
  #isCommitting = false
  /** Counts failures by place. The place of a failed batch is the offset of its last record in `events`. */
  readonly #backoff = new PositionBackoff(RESTS)
  /** The last offset of the batch that is being committed; null when there is none. */
  #committing: bigint | null = null
  #failure: string | null = null
  /** Whether configuration was read that routing has not used yet. It may end streams or remove worker groups. */
  #isReconfigured = true
  #running: Promise<void> = Promise.resolve()

  constructor(
    readonly partition: number,
    private readonly control: ReadControl,
    private readonly context: SessionContext,
  ) {
    this.#events = { topic: context.topics.events, partition }
    this.#state = { topic: context.topics.routerState, partition }
    this.#logger = context.logger.child({ partition })
    this.#lifetime = new SessionLifetime(context.clock)
    this.#writer = new PartitionWriter({ partition, context, lifetime: this.#lifetime, logger: this.#logger })
  }

  get isAcquired(): boolean {
    return this.#phase.name === 'owned'
  }

  /** Number of records of the partition that are not routed yet, as of the last read. */
  get lag(): number {
    return this.#phase.name === 'owned' ? this.#phase.backlog.lag : 0
  }

  /**
   * The error after which the session started over. Stays set until the records that failed are routed, because they may fail again after
   * the partition was acquired again.
   */
  get failure(): string | null {
    return this.#failure
  }

  get isWaiting(): boolean {
    return this.#phase.name === 'owned' && this.#phase.waitsForGroup
  }

  /** Called when the partition was just assigned and both topics are paused. */
  start(): void {
    this.#running = this.#run()
  }

  /** Called when the process has joined the consumer group again and has kept the partition. */
  rejoined(): void {
    if (this.#phase.name === 'restoring') this.#phase.restore.restart()
  }

  /** The next offset to read of one of the two topics; null when that topic is not read in this phase. */
  positionOf(topic: string): bigint | null {
    const phase = this.#phase
    if (phase.name === 'owned' && topic === this.#events.topic) return phase.backlog.next
    if (phase.name === 'restoring' && topic === this.#state.topic) return phase.restore.position
    return null
  }

  /** Called when retention deleted the next records, so reading continues at the start of the log. */
  noteExpired(): void {
    if (this.#phase.name === 'owned') this.#phase.backlog.noteExpired()
  }

  /** Called when a configuration record was read. */
  reconfigured(): void {
    this.#isReconfigured = true
    this.#lifetime.wake()
  }

  /** Takes a batch; never waits. */
  read(batch: LogBatch): void {
    const phase = this.#phase
    if (this.#lifetime.isEnded) return
    if (phase.name === 'restoring' && batch.topic === this.#state.topic) {
      phase.restore.add(batch)
      this.#lifetime.wake()
    } else if (phase.name === 'owned' && batch.topic === this.#events.topic) {
      const { backlog } = phase
      backlog.insert(inPlaceOfExpired(backlog.expiredBefore(batch), this.partition, this.context))
      backlog.add(batch)
      if (phase.backlog.isFull && !phase.isReadingPaused) {
        phase.isReadingPaused = true
        this.control.pause([this.#events])
      }
      this.#lifetime.wake()
    }
  }

  /** Called when the partition was taken away. The next owner fences this session, and commits or aborts its transaction in flight. */
  end(): void {
    this.#phase = { name: 'acquiring' }
    this.#lifetime.end()
    void this.#writer.close()
  }

  /** Orderly shutdown: waits for the transaction in flight, and starts no other. */
  async finish(): Promise<void> {
    this.#lifetime.end()
    if (this.#isCommitting) await this.#running
    await this.#writer.close()
  }

  async #run(): Promise<void> {
    while (!this.#lifetime.isEnded) {
      try {
        await this.#route(await this.#acquire())
        await this.#replaceWriter()
      } catch (error) {
        await this.#startOver(error)
      }
    }
  }

  async #acquire(): Promise<PartitionRouter> {
    const { context, control, partition } = this
    const startedMs = context.clock.monotonicMs()
    this.#isReconfigured = true
    const { state, next, expired } = await acquirePartition({
      ...{ partition, control, context, writer: this.#writer, lifetime: this.#lifetime, logger: this.#logger },
      onRestore: (restore) => (this.#phase = restore ? { name: 'restoring', restore } : { name: 'acquiring' }),
    })
    const backlog = new Backlog(next)
    backlog.insert(inPlaceOfExpired(expired, partition, context))
    this.#phase = { name: 'owned', backlog, isReadingPaused: false, waitsForGroup: false }
    control.readFrom(this.#events, next)
    this.#passed(next)
    const seconds = (context.clock.monotonicMs() - startedMs) / 1000
    context.metrics.acquireSeconds.observe(seconds)
    context.onChange()
    this.#logger.info({ next: String(next), seconds }, 'partition acquired')
    return new PartitionRouter(context.routing, state)
  }

  /** Returns when the session has ended or a new writer is needed. */
  async #route(router: PartitionRouter): Promise<void> {
    const { context, partition } = this
    const { view } = context.configuration
    while (!this.#lifetime.isEnded && this.#phase.name === 'owned') {
      const phase = this.#phase
      if (phase.backlog.isEmpty && !this.#isReconfigured) {
        await this.#lifetime.wait()
        continue
      }
      if (this.#isReconfigured && this.#writer.hasWrittenToRemovedGroup(view)) return
      this.#isReconfigured = false
      const routedAt = new Date(context.clock.wallMs()).toISOString()
      const batch = routeBatch(router, phase.backlog.records, { partition, view, routedAt, limits: context.limits })
      if (!isEmptyBatch(batch)) {
        await this.#commit(batch, routedAt)
        // Order matters: the group's topic may be deleted once a dispatcher has read the end record, so replace the writer first.
        if (batch.ends.some(({ workerGroup }) => isDedicatedGroup(workerGroup))) return
        phase.backlog.drop(batch.consumed)
        this.#readOn()
      }
      if (batch.waitsFor) await this.#awaitGroup(batch.waitsFor)
    }
  }

  /**
   * Closes the writer, so that the next one does not know the topic of a removed worker group. A Kafka client requests metadata for every
   * topic that it ever wrote to, and retries for a minute when a topic is missing. Called when a group to which the writer has written was
   * removed, or will be removed because its stream has ended.
   */
  async #replaceWriter(): Promise<void> {
    if (this.#lifetime.isEnded) return
    this.#phase = { name: 'acquiring' }
    this.control.pause([this.#events, this.#state])
    this.context.onChange()
    this.#logger.info('a worker group is being removed: the partition is acquired again')
    await this.#writer.close()
  }

  async #commit(batch: RoutedBatch, routedAt: string): Promise<void> {
    const { context } = this
    const startedMs = context.clock.monotonicMs()
    this.#isCommitting = true
    // A batch that only ends streams moves no offset. If it fails, `#failedAt` returns the last offset that was read.
    this.#committing = batch.nextOffset === null ? null : batch.nextOffset - 1n
    try {
      await this.#writer.commit(batch, routedAt)
    } finally {
      this.#isCommitting = false
    }
    this.#committing = null
    if (batch.nextOffset !== null) this.#passed(batch.nextOffset)
    reportTransaction(batch, (context.clock.monotonicMs() - startedMs) / 1000, context)
  }

  /** Notes that everything before `offset` is routed, and clears the failure if that includes the records that failed. */
  #passed(offset: bigint): void {
    if (!this.#backoff.reached(offset) || this.#failure === null) return
    this.#failure = null
    this.context.onChange()
  }

  #readOn(): void {
    const phase = this.#phase
    if (phase.name !== 'owned' || !phase.isReadingPaused || !phase.backlog.hasRoom) return
    phase.isReadingPaused = false
    // The client has discarded the fetch that was in flight when the partition was paused, so its records must be read again.
    this.control.readFrom(this.#events, phase.backlog.next)
  }

  async #awaitGroup(wanted: WantedGroup): Promise<void> {
    this.#setWaiting(true)
    await waitForGroup(wanted, this.context, { logger: this.#logger, lifetime: this.#lifetime })
    this.#setWaiting(false)
  }

  #setWaiting(waits: boolean): void {
    if (this.#phase.name === 'owned') this.#phase.waitsForGroup = waits
    this.context.onChange()
  }

  async #startOver(error: unknown): Promise<void> {
    if (this.#lifetime.isEnded) return
    const { context } = this
    const failure = context.log.classify(error)
    const failedMs = context.clock.monotonicMs()
    context.metrics.transactions.inc({ outcome: failure === 'fenced' ? 'fenced' : 'failed' })
    // A topic was removed. Continuing without it would lose deliveries, so the partition waits; see `waitForGroup`.
    if (failure === 'topic_missing') context.metrics.incidents.inc({ kind: failure })
    const restMs = this.#backoff.failed(this.#failedAt())
    this.#failure = error instanceof Error ? error.message : String(error)
    this.#committing = null
    this.#phase = { name: 'acquiring' }
    this.control.pause([this.#events, this.#state])
    context.onChange()
    if (failure === 'fenced') this.#logger.warn({ restMs }, 'fenced by another owner')
    else this.#logger.error({ error, alarm: failure, restMs }, 'routing failed; starting over')
    await this.#writer.close()
    await this.#lifetime.pauseFor(restMs)
    if (failure === 'fenced') await waitForHeartbeat(failedMs, context, this.#lifetime)
  }

  #failedAt(): bigint {
    if (this.#phase.name !== 'owned') return BEFORE_THE_LOG
    return this.#committing ?? this.#phase.backlog.next - 1n
  }
}
