import type { Time } from '@hooklane/core/kernel'
import type { SessionHandle } from '@hooklane/dispatch'
import type { Readiness } from '@hooklane/observability'
import type { GroupWorker } from '../groups/group-worker.js'
import type { DispatcherMetrics } from '../metrics.js'

export interface ObserverOptions {
  readonly readiness: Readiness
  readonly metrics: DispatcherMetrics
  readonly clock: Time
  /** Number of requests in flight. */
  readonly inFlight: () => number
  /** Bytes of records that wait to be published. */
  readonly unpublishedBytes: () => number
}

interface Tally {
  parked: number
  flow: number
  spread: number
  positionAgeMs: number
  oldestMs: number
}

/** Measures all sessions every second and sets the gauges. */
export class Observer {
  /** For each session, the number of suppressed duplicates that the counter already contains. */
  private readonly suppressed = new WeakMap<SessionHandle, number>()
  /** For each session, its position, and when the position last moved. */
  private readonly moved = new WeakMap<SessionHandle, { readonly low: bigint; readonly atMs: number }>()

  constructor(private readonly options: ObserverOptions) {}

  /** Returns the payload bytes that the process holds. */
  observe(workers: readonly GroupWorker[]): number {
    const { metrics, clock } = this.options
    const nowMs = clock.monotonicMs()
    let heldBytes = this.options.unpublishedBytes()
    let shortestLeaseMs = Number.POSITIVE_INFINITY
    for (const worker of workers) {
      const sessions = sessionsOf(worker)
      for (const { state, deadlineMs } of sessions) {
        heldBytes += state.queuedBytes
        shortestLeaseMs = Math.min(shortestLeaseMs, deadlineMs - nowMs)
      }
      metrics.partitionsOwned.set({ group: worker.workerGroup }, sessions.length)
      this.observeLanes(worker.workerGroup, sessions)
    }
    // A process that owns no partitions saves nothing. If `database` was set to not ready before, no save would set it to ready again.
    if (workers.every((worker) => worker.partitions.size === 0)) this.options.readiness.set('database', true)
    metrics.heldBytes.set(heldBytes)
    metrics.inFlight.set(this.options.inFlight())
    metrics.leaseRemaining.set(shortestLeaseMs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, shortestLeaseMs) / 1000)
    return heldBytes
  }

  private observeLanes(group: string, sessions: readonly SessionHandle[]): void {
    const { metrics, clock } = this.options
    const tally: Tally = { parked: 0, flow: 0, spread: 0, positionAgeMs: 0, oldestMs: clock.wallMs() }
    for (const session of sessions) {
      const { offsets, lanes, duplicatesSuppressed } = session.state
      tally.spread = Math.max(tally.spread, Number(offsets.next - offsets.low))
      tally.positionAgeMs = Math.max(tally.positionAgeMs, this.positionAgeMs(session))
      for (const lane of lanes.values()) {
        tally[lane.mode] += 1
        const head = lane.queue.peek()
        if (head) tally.oldestMs = Math.min(tally.oldestMs, Date.parse(head.routedAt))
      }
      metrics.duplicatesSuppressed.inc({ group }, duplicatesSuppressed - (this.suppressed.get(session) ?? 0))
      this.suppressed.set(session, duplicatesSuppressed)
    }
    metrics.lanes.set({ group, mode: 'parked' }, tally.parked)
    metrics.lanes.set({ group, mode: 'flow' }, tally.flow)
    metrics.positionSpread.set({ group }, tally.spread)
    metrics.positionAge.set({ group }, tally.positionAgeMs / 1000)
    metrics.oldestAge.set({ group }, (clock.wallMs() - tally.oldestMs) / 1000)
  }

  /** How long the position has not moved; 0 when every delivery is settled. */
  private positionAgeMs(session: SessionHandle): number {
    const nowMs = this.options.clock.monotonicMs()
    const { low, next } = session.state.offsets
    const last = this.moved.get(session)
    if (low < next && last?.low === low) return nowMs - last.atMs
    this.moved.set(session, { low, atMs: nowMs })
    return 0
  }
}

export const sessionsOf = (worker: GroupWorker): readonly SessionHandle[] =>
  [...worker.partitions.values()].flatMap((owner) => (owner.session ? [owner.session] : []))
