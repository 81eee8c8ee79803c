import type { LaneRow, LaneStore, Licence } from '@hooklane/core'
import type { InMemoryLeaseStore } from './in-memory-lease-store.js'

interface StoredLane {
  readonly row: LaneRow
  readonly firstAttemptAtMs: number | null
  readonly nextAttemptAtMs: number | null
}

/** Lane rows as the database keeps them: fenced by the leases of the same store, durations kept as instants. */
export class InMemoryLaneStore implements LaneStore {
  private readonly rows = new Map<string, StoredLane>()

  constructor(
    private readonly leases: InMemoryLeaseStore,
    private readonly nowMs: () => number = () => Date.now(),
  ) {}

  async load(workerGroup: string, partition: number): Promise<readonly LaneRow[]> {
    return this.loadNow(workerGroup, partition)
  }

  async save(licence: Licence, row: LaneRow): Promise<'done' | 'fenced'> {
    return this.saveNow(licence, row)
  }

  async delete(licence: Licence, appId: string): Promise<'done' | 'fenced'> {
    return this.deleteNow(licence, appId)
  }

  loadNow(workerGroup: string, partition: number): readonly LaneRow[] {
    const nowMs = this.nowMs()
    return [...this.rows.values()]
      .filter(({ row }) => row.workerGroup === workerGroup && row.partition === partition)
      .map(({ row, firstAttemptAtMs, nextAttemptAtMs }) => ({
        ...row,
        firstAttemptAgoMs: firstAttemptAtMs === null ? null : nowMs - firstAttemptAtMs,
        nextAttemptInMs: nextAttemptAtMs === null ? null : nextAttemptAtMs - nowMs,
      }))
  }

  saveNow(licence: Licence, row: LaneRow): 'done' | 'fenced' {
    if (!this.leases.holds(licence)) return 'fenced'
    const nowMs = this.nowMs()
    this.rows.set(this.keyOf(licence, row.appId), {
      row: { ...row, gaps: [...row.gaps] },
      firstAttemptAtMs: row.firstAttemptAgoMs === null ? null : nowMs - row.firstAttemptAgoMs,
      nextAttemptAtMs: row.nextAttemptInMs === null ? null : nowMs + row.nextAttemptInMs,
    })
    return 'done'
  }

  deleteNow(licence: Licence, appId: string): 'done' | 'fenced' {
    if (!this.leases.holds(licence)) return 'fenced'
    this.rows.delete(this.keyOf(licence, appId))
    return 'done'
  }

  private keyOf(licence: Licence, appId: string): string {
    return `${licence.workerGroup}/${appId}`
  }
}
