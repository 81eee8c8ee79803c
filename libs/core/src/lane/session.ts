import { OffsetTracker } from './position/offset-tracker.js'
import { laneFromRow, type Lane, type Settlement } from './lane.js'
import type { LaneRow, LaneSettings } from './protocol.js'
import type { Grant } from './stores.js'
import { Timers } from './timers.js'

/**
 * One owned main partition: everything its owner knows beyond the log and the lane rows. Lives as long as one lease token and is then
 * discarded as a whole. Only `step` changes it; it has no clock, randomness or I/O of its own.
 *
 * `phase`:
 * - `running`: records are filed, heads attempted.
 * - `stopping`: the partition is taken away, or the process shuts down. No attempt starts; attempts, publishes and row saves in flight end.
 * - `saving`: nothing is in flight; the last position is being saved.
 * - `unsure`: memory may differ from the store, or the lease lapsed unnoticed. Nothing is written any more; attempts in flight end.
 * - `over`: `abandon` was emitted. Every input is ignored.
 *
 *     running ─ stop ─▶ stopping ─ quiet ─▶ saving ─ saved ─▶ over (release)
 *     any ─ ambiguous · deadline passed ─▶ unsure ─ no attempt in flight ─▶ over (release)
 *     any ─ fenced ─▶ over (no release: another owner holds the lease)
 */
export interface Session {
  readonly workerGroup: string
  readonly partition: number
  readonly settings: LaneSettings
  phase: 'running' | 'stopping' | 'saving' | 'unsure' | 'over'
  /** Lease end on the monotonic clock, counted from before the request that extended it. */
  deadlineMs: number
  /** False: nothing new is attempted and no row is written, because it could not be recorded. */
  isStoreUp: boolean
  readonly offsets: OffsetTracker
  /** Position that the store is known to hold; null before the first save. */
  savedOffset: bigint | null
  saveNo: bigint
  /** Lowest save number that ends the session in phase `saving`. */
  lastSaveNo: bigint
  readonly lanes: Map<string, Lane>
  /**
   * Sets of lanes. `blocked`: the guard did not let the attempt start. `behind`: the configuration is older than the head. `withRow`: the
   * row may be deleted later. `dirty`: the row must be saved.
   */
  readonly blocked: Set<Lane>
  readonly behind: Set<Lane>
  readonly withRow: Set<Lane>
  readonly dirty: Set<Lane>
  readonly timers: Timers
  /** Instant of the earliest `wakeAt` that was emitted and is still ahead. */
  wakeMs: number
  /** Publishes that are not acknowledged yet, by publish id. */
  readonly publishes: Map<number, Publish>
  lastPublishId: number
  lastSaveId: number
  attemptsInFlight: number
  writesInFlight: number
  /** Payload bytes held in queues. */
  queuedBytes: number
  isMainPaused: boolean
  isPayloadMemoryFull: boolean
  /** When the spread reached its limit; null: reading does not pause because of it. */
  spreadAtLimitSinceMs: number | null
  isSpreadAlarmed: boolean
  /** Number of records that were recognised as settled or filed already. */
  duplicatesSuppressed: number
  /** A transition that a lane's state does not allow. It is reported once, and the session ends. */
  illegalTransition: { readonly appId: string; readonly detail: string } | null
}

/**
 * A published record that the log has not acknowledged. When the log acknowledges it, the settlement waits for one acknowledgement less.
 * When it is a dead letter, the head can then be settled, too.
 */
export type Publish =
  | { readonly kind: 'record'; readonly lane: Lane; readonly settlement: Settlement | null }
  | { readonly kind: 'deadLetter'; readonly lane: Lane; readonly settlement: Settlement; readonly reason: string }

export interface SessionOptions {
  readonly workerGroup: string
  readonly partition: number
  readonly grant: Grant
  /** Rows of the partition's lanes, read after the lease was granted. */
  readonly rows: readonly LaneRow[]
  /** First offset that the log still holds, looked up after the grant. If the position is lower, reading starts here. */
  readonly logStart: bigint
  readonly nowMs: number
  readonly deadlineMs: number
  readonly settings: LaneSettings
}

/** Opens a session from the saved position with its bitmap, and the rows. Reading starts at `session.offsets.next`. */
export function openSession(options: SessionOptions): Session {
  const { grant, logStart } = options
  const position = grant.mainOffset ?? logStart
  const session: Session = {
    workerGroup: options.workerGroup,
    partition: options.partition,
    settings: options.settings,
    phase: 'running',
    deadlineMs: options.deadlineMs,
    isStoreUp: true,
    offsets: new OffsetTracker(position, grant.done, position < logStart ? logStart : position),
    savedOffset: grant.mainOffset,
    saveNo: 0n,
    lastSaveNo: 0n,
    lanes: new Map(),
    blocked: new Set(),
    behind: new Set(),
    withRow: new Set(),
    dirty: new Set(),
    timers: new Timers(),
    wakeMs: Number.POSITIVE_INFINITY,
    publishes: new Map(),
    lastPublishId: 0,
    lastSaveId: 0,
    attemptsInFlight: 0,
    writesInFlight: 0,
    queuedBytes: 0,
    isMainPaused: false,
    isPayloadMemoryFull: false,
    spreadAtLimitSinceMs: null,
    isSpreadAlarmed: false,
    duplicatesSuppressed: 0,
    illegalTransition: null,
  }
  for (const row of options.rows) {
    const lane = laneFromRow(row, options.nowMs, grant.mainOffset)
    session.lanes.set(lane.appId, lane)
    session.withRow.add(lane)
  }
  return session
}
