import { PlacedBackoff, type LogBatch, type TopicPartition } from '@hooklane/core/kernel'
import { isDedicatedGroup } from '@hooklane/core/lane'
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
import { waitForGroup, type WantedGroup } from './wait-for-group.js'
import { waitForHeartbeat } from './wait-for-heartbeat.js'

/** Before a new try. Less would hammer a broker that is just starting; more is downtime of every app of the partition. */
const RESTS = { firstMs: 300, maxMs: 5_000 }
/** Where a failure stands that kept the partition from being acquired: before every offset. */
const BEFORE_THE_LOG = -1n

type Phase =
  /** Both partitions are paused; nothing that arrives is taken. */
  | { readonly name: 'acquiring' }
  /** The state partition is being read, `events` is paused. */
  | { readonly name: 'restoring'; readonly restore: StateRestore }
  /** `events` is being read (unless the backlog is full), the state partition is paused. */
  | { readonly name: 'owned'; readonly backlog: Backlog; isReadingPaused: boolean; waitsForGroup: boolean }

/**
 * One partition of `events`, from the moment the group assigns it until it is taken away: acquire, then route batch by batch, each in one
 * transaction; after any error start over.
 *
 * Why it is safe: the writer's transactional id is the partition's, so opening one shuts out every earlier owner (a frozen process
 * included) and settles its last transaction. Only what is read *after* that (state, then the committed offset) is final. The group's
 * assignment merely says who should try. A failed transaction may have succeeded, so nothing in memory survives it.
 */
export class PartitionSession {
  readonly #events: TopicPartition
  readonly #state: TopicPartition
  readonly #logger: Logger
  readonly #lifetime: SessionLifetime
  readonly #writer: PartitionWriter
  #phase: Phase = { name: 'acquiring' }
  #isCommitting = false
  /** Places are offsets of `events`: what failed is the last record of the batch. */
  readonly #backoff = new PlacedBackoff(RESTS)
  /** Last offset of the batch that is being committed. */
  #committing: bigint | null = null
  #failure: string | null = null
  /** The configuration was read further: streams may have ended, worker groups gone. */
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

  /** Records of the partition that are not routed, as of the last read. */
  get lag(): number {
    return this.#phase.name === 'owned' ? this.#phase.backlog.lag : 0
  }

  /** Why it starts over; null once it is past the place that failed. An acquired partition that fails at its next batch is not well. */
  get failure(): string | null {
    return this.#failure
  }

  get isWaiting(): boolean {
    return this.#phase.name === 'owned' && this.#phase.waitsForGroup
  }

  /** The partition was just assigned: both topics stand still. */
  start(): void {
    this.#running = this.#run()
  }

  /** The group was joined again and the partition is still ours. */
  rejoined(): void {
    if (this.#phase.name === 'restoring') this.#phase.restore.restart()
  }

  /** Where reading of one of the two topics goes on; null: it is not read in this phase. */
  positionOf(topic: string): bigint | null {
    const phase = this.#phase
    if (phase.name === 'owned' && topic === this.#events.topic) return phase.backlog.next
    if (phase.name === 'restoring' && topic === this.#state.topic) return phase.restore.position
    return null
  }

  /** Retention took what was to be read next; reading goes on from the log's start. */
  overtaken(): void {
    if (this.#phase.name === 'owned') this.#phase.backlog.overtaken()
  }

  /** A record of the configuration was read. */
  reconfigured(): void {
    this.#isReconfigured = true
    this.#lifetime.wake()
  }

  /** Files what was read; never waits. */
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

  /** The partition was taken away: whatever is in flight is left to the next owner, who shuts us out. */
  end(): void {
    this.#phase = { name: 'acquiring' }
    this.#lifetime.end()
    void this.#writer.close()
  }

  /** Orderly end: the transaction in flight is waited for, no other one begins. */
  async finish(): Promise<void> {
    this.#lifetime.end()
    if (this.#isCommitting) await this.#running
    await this.#writer.close()
  }

  async #run(): Promise<void> {
    while (!this.#lifetime.isEnded) {
      try {
        await this.#route(await this.#acquire())
        await this.#letGo()
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

  /** Returns when the session has ended, or when another writer is needed. */
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
        // Order matters: the topic goes when somebody has read the end that was written to it, and this is the next thing that we do.
        if (batch.ends.some(({ workerGroup }) => isDedicatedGroup(workerGroup))) return
        phase.backlog.drop(batch.consumed)
        this.#readOn()
      }
      if (batch.waitsFor) await this.#awaitGroup(batch.waitsFor)
    }
  }

  /**
   * A worker group that was written to is gone, or goes now that its stream has ended, and its topic with it. The client asks for every topic that it
   * ever wrote to whenever it looks for leaders, and tries for a minute when one is missing: a new writer knows nothing of it.
   */
  async #letGo(): Promise<void> {
    if (this.#lifetime.isEnded) return
    this.#phase = { name: 'acquiring' }
    this.control.pause([this.#events, this.#state])
    this.context.onChange()
    this.#logger.info('a worker group goes: the partition is acquired again')
    await this.#writer.close()
  }

  async #commit(batch: RoutedBatch, routedAt: string): Promise<void> {
    const { context } = this
    const startedMs = context.clock.monotonicMs()
    this.#isCommitting = true
    // What ends streams alone moves no offset: it fails at the place that was reached.
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

  /** Everything before this offset is routed. */
  #passed(offset: bigint): void {
    if (!this.#backoff.reached(offset) || this.#failure === null) return
    this.#failure = null
    this.context.onChange()
  }

  #readOn(): void {
    const phase = this.#phase
    if (phase.name !== 'owned' || !phase.isReadingPaused || !phase.backlog.hasRoom) return
    phase.isReadingPaused = false
    // What was being fetched when the partition was paused has been thrown away.
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
    // Somebody removed a topic. To go on without it would lose deliveries, so the partition waits; see `waitForGroup`.
    if (failure === 'topic_missing') context.metrics.incidents.inc({ kind: failure })
    const restMs = this.#backoff.failed(this.#failedAt())
    this.#failure = error instanceof Error ? error.message : String(error)
    this.#committing = null
    this.#phase = { name: 'acquiring' }
    this.control.pause([this.#events, this.#state])
    context.onChange()
    if (failure === 'fenced') this.#logger.warn({ restMs }, 'shut out by another owner')
    else this.#logger.error({ error, alarm: failure, restMs }, 'starting over')
    await this.#writer.close()
    await this.#lifetime.pauseFor(restMs)
    if (failure === 'fenced') await waitForHeartbeat(failedMs, context, this.#lifetime)
  }

  #failedAt(): bigint {
    if (this.#phase.name !== 'owned') return BEFORE_THE_LOG
    return this.#committing ?? this.#phase.backlog.next - 1n
  }
}
