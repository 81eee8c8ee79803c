import { randomUUID } from 'node:crypto'
import { InterruptiblePause, PositionBackoff, type Clock, type PartitionOffsets } from '@hooklane/core/kernel'
import { AmbiguousWrite, type Grant, type LeaseStore } from '@hooklane/core/lane'
import type { SessionHandle } from '../session/session-handle.js'

export interface PartitionOwnerOptions {
  readonly workerGroup: string
  readonly partition: number
  /** Name of this process, the same for its lifetime. It shows people which process holds a partition. */
  readonly instance: string
  readonly leaseTtlMs: number
  readonly clock: Clock
  readonly leaseStore: LeaseStore
  /** Queries the first and the next offset of the main partition. Called after the lease was granted. */
  readonly offsets: () => Promise<PartitionOffsets>
  /** Reads the lane rows and opens the session. */
  readonly open: (grant: Grant, deadlineMs: number, offsets: PartitionOffsets) => Promise<SessionHandle>
  /** Starts reading at this offset (a seek before the resume). */
  readonly read: (fromOffset: bigint) => void
  /** Called when the position lies outside the log: `below` = records expired unread, `above` = the topic was recreated. */
  readonly onBadPosition: (kind: 'below' | 'above', position: bigint, offsets: PartitionOffsets) => void
  readonly onRetry: (reason: string, error?: unknown) => void
  readonly onAcquired: (seconds: number) => void
}

/**
 * Holds one main partition for as long as Kafka assigns it to this process.
 *
 * Kafka decides which process should own a partition; the lease decides which process may act. So after an assignment the owner requests
 * the lease until it is granted, reads what the previous owner saved, and only then reads the log.
 *
 * A session ends when it is fenced, or when it does not know whether a write took effect. Then the owner pauses, and acquires the partition
 * again with nothing kept in memory. The pause grows until the position advances. An acquisition alone does not count as progress, because
 * it may succeed each time although each session ends at the same offset.
 *
 * States: acquiring → owning → (session over) → acquiring …; `release` ends it from any state.
 */
export class PartitionOwner {
  private isAssigned = true
  private current: SessionHandle | null = null
  private readonly pause: InterruptiblePause
  /** Its places are offsets of the main partition. */
  private readonly backoff = new PositionBackoff(PAUSES)
  readonly finished: Promise<void>

  constructor(private readonly options: PartitionOwnerOptions) {
    this.pause = new InterruptiblePause(options.clock)
    this.finished = this.run()
  }

  get session(): SessionHandle | null {
    return this.current
  }

  /** Next offset to read; null while acquiring, because it is not known yet. */
  get nextOffset(): bigint | null {
    return this.current?.state.offsets.next ?? null
  }

  /** Gives the partition up: attempts in flight end, the position is saved, and the lease is released. Resolves after these steps. */
  async release(reason: 'revoked' | 'shutdown'): Promise<void> {
    this.isAssigned = false
    this.pause.interrupt()
    this.current?.handle({ type: 'stop', reason })
    await this.finished
  }

  private async run(): Promise<void> {
    let wantedMs = this.options.clock.monotonicMs()
    while (this.isAssigned) {
      const session = await this.acquire()
      if (!session) continue
      this.backoff.reached(session.state.offsets.low)
      this.options.onAcquired((this.options.clock.monotonicMs() - wantedMs) / 1000)
      await session.ended
      this.current = null
      wantedMs = this.options.clock.monotonicMs()
      await this.afterSession(session)
    }
  }

  /** Pauses after a session that was fenced, or that did not know whether a write took effect. */
  private async afterSession({ state }: SessionHandle): Promise<void> {
    if (!this.isAssigned) return
    const { savedOffset, offsets } = state
    if (savedOffset !== null) this.backoff.reached(savedOffset)
    await this.retryAfter('the partition is acquired again', this.backoff.failed(offsets.low))
  }

  private async acquire(): Promise<SessionHandle | null> {
    const { options } = this
    // Each try has a new owner id, so that an earlier grant whose answer was lost is not mistaken for this one. That grant expires by
    // itself.
    const owner = randomUUID()
    const sentAtMs = options.clock.monotonicMs()
    let grant: Grant | null
    try {
      grant = await options.leaseStore.grant({ ...options, owner, leaseMs: options.leaseTtlMs })
    } catch (error) {
      if (!(error instanceof AmbiguousWrite)) throw error
      return this.afterFailure('the lease could not be requested', error)
    }
    if (!grant) return this.retryAfter('another owner holds the lease', ACQUIRE_AGAIN_MS)
    try {
      return await this.takeOver(grant, sentAtMs + options.leaseTtlMs)
    } catch (error) {
      await options.leaseStore
        .release(grant.token)
        .catch((cause: unknown) => options.onRetry('the lease could not be released', cause))
      return this.afterFailure('the partition could not be taken over', error)
    }
  }

  private async takeOver(grant: Grant, deadlineMs: number): Promise<SessionHandle | null> {
    const { options } = this
    if (!this.isAssigned) {
      await options.leaseStore.release(grant.token)
      return null
    }
    const offsets = await options.offsets()
    const position = grant.mainOffset ?? offsets.low
    if (position > offsets.high) {
      options.onBadPosition('above', position, offsets)
      throw new Error(`the position ${position} lies beyond the log's end ${offsets.high}: the topic was recreated`)
    }
    if (position < offsets.low) options.onBadPosition('below', position, offsets)
    const session = await options.open(grant, deadlineMs, offsets)
    this.current = session
    if (this.wasTakenAway()) {
      session.handle({ type: 'stop', reason: 'revoked' })
      return session
    }
    options.read(session.state.offsets.next)
    return session
  }

  /** Called after an `await`, during which `release` may have been called. */
  private wasTakenAway(): boolean {
    return !this.isAssigned
  }

  /** Waits longer after each failure, because a failure that repeats lasts until an operator acts or a server is back. */
  private afterFailure(reason: string, error: unknown): Promise<null> {
    return this.retryAfter(reason, this.backoff.failed(BEFORE_THE_LOG), error)
  }

  private async retryAfter(reason: string, inMs: number, error?: unknown): Promise<null> {
    this.options.onRetry(reason, error)
    if (this.isAssigned) await this.pause.wait(inMs)
    return null
  }
}

/**
 * How often to request a lease that another owner holds. Too low: load on Postgres until that owner has finished. Too high: lanes wait
 * longer at each hand-over.
 */
const ACQUIRE_AGAIN_MS = 250
/** Pauses after failures. Too low: a flood of equal errors. Too high: lanes wait longer after an outage. */
const PAUSES = { firstMs: 250, maxMs: 5_000 }
/** The place of a failure that prevented the takeover. It lies before every offset. */
const BEFORE_THE_LOG = -1n
