import type { LaneRow } from './protocol.js'

/** A lease token to act for one main partition: every write of an owner carries it. */
export interface LeaseToken {
  readonly workerGroup: string
  readonly partition: number
  /** Fresh for each acquisition (UUID). */
  readonly owner: string
  readonly epoch: bigint
}

export interface Grant {
  readonly token: LeaseToken
  /** Lowest offset not done; null = nothing saved yet: start at the log's start. */
  readonly mainOffset: bigint | null
  /** Bitmap of done offsets above `mainOffset`. */
  readonly done: Buffer | null
}

export interface KeepRequest {
  readonly token: LeaseToken
  readonly mainOffset: bigint
  readonly done: Buffer
  readonly saveNo: bigint
}

/** Who may act for a partition. A frozen process loses its lease token without knowing; its later writes find that out. */
export interface LeaseStore {
  /** Null when somebody else holds it. Throws `AmbiguousWrite` when the outcome is unknown: try again with a fresh owner. */
  grant(request: {
    workerGroup: string
    partition: number
    owner: string
    instance: string
    leaseMs: number
  }): Promise<Grant | null>
  /** Extends the leases and saves the positions in one statement. Returns the lease tokens that still hold; one that is missing is fenced. */
  keep(requests: readonly KeepRequest[], leaseMs: number): Promise<readonly LeaseToken[]>
  release(token: LeaseToken): Promise<void>
}

/** Whose lane it is. */
export interface LaneOwner {
  readonly companyId: string
  readonly appId: string
}

/** Rows of lanes that are not plain. Writes return `fenced` when the lease token is gone and throw `AmbiguousWrite` when nobody knows. */
export interface LaneStore {
  load(workerGroup: string, partition: number): Promise<readonly LaneRow[]>
  /** @param endedEpoch in the same write, the end of the app's stream in this epoch becomes known; null or absent: it has not ended */
  save(token: LeaseToken, row: LaneRow, endedEpoch?: number | null): Promise<'done' | 'fenced'>
  delete(token: LeaseToken, app: LaneOwner): Promise<'done' | 'fenced'>
  /** The streams of deleted apps whose end is not known yet, of the given apps. */
  openStreams(appIds: readonly string[]): Promise<readonly OpenStream[]>
}

/** The stream of an app that was deleted: deliveries of it may still be attempted. */
export interface OpenStream {
  readonly appId: string
  readonly epoch: number
  readonly workerGroup: string
}

/** The answer to a write got lost (timeout, connection gone): it may have taken effect. */
export class AmbiguousWrite extends Error {
  readonly code = 'AMBIGUOUS_WRITE'
  constructor(operation: string, options?: { cause?: unknown }) {
    super(`the outcome of ${operation} is unknown`, options)
    this.name = 'AmbiguousWrite'
  }
}
