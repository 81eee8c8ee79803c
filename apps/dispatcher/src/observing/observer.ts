import type { Clock } from '@hooklane/core'
import type { GroupWorker } from '../groups/group-worker.js'
import type { DispatcherMetrics } from '../metrics.js'
import type { MemoryBudget } from './memory-budget.js'

export interface ObserverOptions {
  readonly metrics: DispatcherMetrics
  readonly clock: Clock
  readonly budget: MemoryBudget
}

/** Looks at all sessions each second: gauges for Prometheus, and the memory that decides whether reading goes on. */
export class Observer {
  constructor(private readonly options: ObserverOptions) {}

  observe(workers: readonly GroupWorker[]): void {
    const { metrics, clock, budget } = this.options
    const nowMs = clock.monotonicMs()
    let heldBytes = 0
    let shortestLeaseMs = Number.POSITIVE_INFINITY
    for (const worker of workers) {
      const sessions = [...worker.partitions.values()].flatMap((owner) => (owner.session ? [owner.session] : []))
      let parked = 0
      let spread = 0
      for (const { state, deadlineMs } of sessions) {
        heldBytes += state.queuedBytes
        shortestLeaseMs = Math.min(shortestLeaseMs, deadlineMs - nowMs)
        spread = Math.max(spread, Number(state.offsets.next - state.offsets.low))
        for (const lane of state.lanes.values()) if (lane.mode === 'parked') parked += 1
      }
      const labels = { group: worker.workerGroup }
      metrics.partitionsOwned.set(labels, sessions.length)
      metrics.lanesParked.set(labels, parked)
      metrics.positionSpread.set(labels, spread)
      const heartbeat = worker.heartbeatMs()
      if (heartbeat !== null) metrics.heartbeatAge.set(labels, (nowMs - heartbeat) / 1000)
    }
    metrics.heldBytes.set(heldBytes)
    metrics.leaseRemaining.set(shortestLeaseMs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, shortestLeaseMs) / 1000)
    const { level, hasChanged } = budget.update(heldBytes)
    // Told again while it lasts: sessions that began meanwhile must know as well.
    if (!hasChanged && level === 'ok') return
    for (const worker of workers) {
      for (const owner of worker.partitions.values()) owner.session?.tell({ type: 'budget', level })
    }
  }
}
