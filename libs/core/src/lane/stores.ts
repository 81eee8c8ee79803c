import type { LaneRow } from './protocol.js'

/** The right to act for one main partition. Every write of an owner carries the token. */
export interface LeaseToken {
  readonly workerGroup: string
  readonly partition: number
  /** Fresh for each acquisition (UUID). */
  readonly owner: string
  readonly epoch: bigint
}

export interface Grant {
  readonly token: LeaseToken
  /** Lowest offset that is not done. Null: nothing was saved yet, so reading starts at the log's start. */
  readonly mainOffset: bigint | null
  /** Bitmap of done offsets above `mainOffset`. */
  readonly done: Buffer | null
}

export interface RenewRequest {
  readonly token: LeaseToken
  readonly mainOffset: bigint
  readonly done: Buffer
  readonly saveNo: bigint
}

/**
 * Decides which process may act for a partition. A frozen process loses its lease without knowing it. Its token is then no longer valid, so
 * the store refuses its next write.
 */
export interface LeaseStore {
  /**
   * Returns null when another owner holds the lease. Throws `AmbiguousWrite` when the outcome is unknown; the caller then tries again under
   * a new owner id.
   */
  grant(request: {
    workerGroup: string
    partition: number
    owner: string
    instance: string
    leaseMs: number
  }): Promise<Grant | null>
  /**
   * Extends the leases and saves the positions in one statement. Returns the lease tokens that are still valid. The owners of the other
   * tokens are fenced: they must not write any more.
   */
  keep(requests: readonly RenewRequest[], leaseMs: number): Promise<readonly LeaseToken[]>
  release(token: LeaseToken): Promise<void>
}

/** The app that a lane belongs to, and the app's company. */
export interface LaneOwner {
  readonly companyId: string
  readonly appId: string
}

/**
 * Stores the rows of lanes. Writes return `fenced` when the lease token is no longer valid, and throw `AmbiguousWrite` when the outcome is
 * unknown.
 */
export interface LaneStore {
  load(workerGroup: string, partition: number): Promise<readonly LaneRow[]>
  /** @param endedEpoch the same write records the end of the app's stream in this epoch; null or absent: it has not ended */
  save(token: LeaseToken, row: LaneRow, endedEpoch?: number | null): Promise<'done' | 'fenced'>
  delete(token: LeaseToken, app: LaneOwner): Promise<'done' | 'fenced'>
  /** Returns the streams of the given apps that belong to a deleted app and whose end is not recorded yet. */
  openStreams(appIds: readonly string[]): Promise<readonly OpenStream[]>
}

/** The stream of a deleted app whose deliveries may still be attempted. */
export interface OpenStream {
  readonly appId: string
  readonly epoch: number
  readonly workerGroup: string
}

/** A write got no reply (timeout, lost connection): it may have taken effect. */
export class AmbiguousWrite extends Error {
  readonly code = 'AMBIGUOUS_WRITE'
  constructor(operation: string, options?: { cause?: unknown }) {
    super(`the outcome of ${operation} is unknown`, options)
    this.name = 'AmbiguousWrite'
  }
}
