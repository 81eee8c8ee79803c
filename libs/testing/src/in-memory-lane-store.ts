import type { LaneOwner, LaneRow, LaneStore, LeaseToken, OpenStream } from '@hooklane/core/lane'
import type { InMemoryLeaseStore } from './in-memory-lease-store.js'

interface StoredLane {
  readonly row: LaneRow
  readonly firstAttemptAtMs: number | null
  readonly nextAttemptAtMs: number | null
}

/** Lane rows in memory. As in the database, only the holder of the lease can write, and durations are stored as instants. */
export class InMemoryLaneStore implements LaneStore {
  private readonly rows = new Map<string, StoredLane>()
  private readonly streams = new Map<string, OpenStream>()

  constructor(
    private readonly leases: InMemoryLeaseStore,
    private readonly nowMs: () => number = () => Date.now(),
  ) {}

  async load(workerGroup: string, partition: number): Promise<readonly LaneRow[]> {
    return this.loadNow(workerGroup, partition)
  }

  async save(token: LeaseToken, row: LaneRow, endedEpoch: number | null = null): Promise<'done' | 'fenced'> {
    return this.saveNow(token, row, endedEpoch)
  }

  async delete(token: LeaseToken, app: LaneOwner): Promise<'done' | 'fenced'> {
    return this.deleteNow(token, app)
  }

  async openStreams(appIds: readonly string[]): Promise<readonly OpenStream[]> {
    return [...this.streams.values()].filter(({ appId }) => appIds.includes(appId))
  }

  /** Adds the stream of a deleted app. */
  addOpenStream(stream: OpenStream): void {
    this.streams.set(`${stream.appId}/${stream.epoch}`, stream)
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

  saveNow(token: LeaseToken, row: LaneRow, endedEpoch: number | null = null): 'done' | 'fenced' {
    if (!this.leases.holds(token)) return 'fenced'
    this.streams.delete(`${row.appId}/${endedEpoch}`)
    const nowMs = this.nowMs()
    this.rows.set(this.keyOf(token, row), {
      row: { ...row, gaps: [...row.gaps] },
      firstAttemptAtMs: row.firstAttemptAgoMs === null ? null : nowMs - row.firstAttemptAgoMs,
      nextAttemptAtMs: row.nextAttemptInMs === null ? null : nowMs + row.nextAttemptInMs,
    })
    return 'done'
  }

  deleteNow(token: LeaseToken, app: LaneOwner): 'done' | 'fenced' {
    if (!this.leases.holds(token)) return 'fenced'
    this.rows.delete(this.keyOf(token, app))
    return 'done'
  }

  private keyOf(token: LeaseToken, { companyId, appId }: LaneOwner): string {
    // Ids contain no blank, so the key is unique.
    return `${token.workerGroup} ${companyId} ${appId}`
  }
}
