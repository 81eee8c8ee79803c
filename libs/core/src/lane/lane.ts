import { Fifo } from './fifo.js'
import type { Gap, LaneRecord, LaneRow } from './protocol.js'

/**
 * The serial queue of one app in one session. Only the head is worked on; everything behind it waits.
 *
 * `mode` is what the row says, or will say once the save in flight is acknowledged. `flow`: a row, if there is one, is a *floor*, which
 * says up to which sequence everything is settled. `parked`: the head failed and waits for the instant in the row. `activity` is what the
 * lane does now:
 *
 *     idle ─ head, due ─▶ preparing ─ send, guard open ─▶ attempting ─ accepted ─▶ idle (next head)
 *      ▲                   │   │ └─ guard closed ─▶ guarded ─ lease kept, store up ─▶ idle
 *      │                   │   └─ configuration older than the record ─▶ notYet ─ configuration read ─▶ idle
 *      │                   └─ settled without a request ─▶ idle (next head)
 *      ├── waiting ◀─ the instant of the head's next attempt has not come
 *      ├── saving  ◀─ the row must be saved before the lane goes on (parked, back in flow, gaps before a request, end of the stream)
 *      └── deadLettering ◀─ the dead letter is being published; the head is settled when the log has acknowledged it
 *
 * Only `attempting` has a request in flight.
 */
export interface Lane {
  readonly appId: string
  readonly companyId: string
  /** Changed by `setMode` alone. */
  readonly mode: LaneMode
  /** Changed by `setActivity` alone. */
  readonly activity: Activity
  /** Records to attempt, in order. The head stays first until it is settled. */
  readonly queue: Fifo<LaneRecord>
  /**
   * Highest sequence of the records that were filed in this lane, including records that were done already. Null: not known until the first
   * record is filed, because the position has passed the row's floor.
   */
  lastSeen: bigint | null
  /** Offset + 1 of the record that `lastSeen` names; 0 before the first. */
  lastSeenEnd: bigint
  /** The record filed last ended the stream. Numbers missing after it are no hole: they may have gone to another worker group. */
  isBetweenStreams: boolean
  /**
   * Every number up to this one is settled. While a delivery is the head, this is its sequence − 1, or lower if a hole before the head is
   * not declared yet.
   */
  settled: bigint
  settledSource: bigint | null
  /** Main position that must be saved before the row may be deleted; never falls. */
  floorOffset: bigint
  /** Whether the store may hold a row. */
  hasRow: boolean
  /** Whether memory is ahead of the row, so that the row must be saved. */
  isDirty: boolean
  /** The one write in flight. A save covers every change before its submission. */
  write: { readonly saveId: number; readonly kind: 'save' | 'delete' } | null
  /**
   * Number of published records that the log has not acknowledged. The row is saved only when there are none, because every outcome that
   * the row calls settled must be in the log.
   */
  unacknowledged: number
  /** Settlements that wait for the next save. */
  unsaved: Settlement[]
  /** Settlements that wait for the save in flight. */
  inWrite: Settlement[]
  /** Epoch whose end the next save records; null: none. */
  endedEpoch: number | null
  /** Deliveries up to this epoch are no longer wanted, because the app was deleted; 0: it was not. */
  deletedEpoch: number
  /** Attempts spent on the head. */
  attempt: number
  /** When the head's first counted attempt started; null before it. */
  firstAttemptMs: number | null
  /** Earliest instant of the head's next attempt; null: at once. */
  nextAttemptMs: number | null
  lastError: string | null
  /** What became of the numbers directly before the head, oldest first. Gaps that a delivery has reported are dropped. */
  gaps: Gap[]
  /** Runs of numbers that never arrived, found while filing. Each is declared when the record after it becomes the head. */
  holes: Hole[]
  routeVersion: number
}

export type LaneMode = LaneRow['mode']

export type Activity =
  'idle' | 'preparing' | 'attempting' | 'deadLettering' | 'waiting' | 'saving' | 'guarded' | 'notYet'

export interface Hole {
  readonly from: bigint
  readonly to: bigint
}

/** A settled record whose offset is not done yet: acknowledgements (attempt record, dead letter, row) are still missing. */
export interface Settlement {
  readonly offset: bigint
  pendingAcknowledgements: number
}

/** A lane without a row: everything before its first record is settled, and there is nothing to report. */
export function plainLane(record: LaneRecord): Lane {
  // The end of a stream has the number of the last delivery before it.
  const before = record.kind === 'ended' ? record.sequence : record.sequence - 1n
  return {
    appId: record.appId,
    companyId: record.companyId,
    mode: 'flow',
    activity: 'idle',
    queue: new Fifo(),
    lastSeen: before,
    lastSeenEnd: 0n,
    isBetweenStreams: false,
    settled: before,
    settledSource: null,
    floorOffset: 0n,
    hasRow: false,
    isDirty: false,
    write: null,
    unacknowledged: 0,
    unsaved: [],
    inWrite: [],
    endedEpoch: null,
    deletedEpoch: 0,
    attempt: 0,
    firstAttemptMs: null,
    nextAttemptMs: null,
    lastError: null,
    gaps: [],
    holes: [],
    routeVersion: record.kind === 'ended' ? 0 : record.routeVersion,
  }
}

/**
 * Restores a lane from its row; durations become instants of this process. If the position has reached the row's floor, more may have been
 * settled since: `settled` is then only a lower bound, and the gaps may have been reported.
 */
export function laneFromRow(row: LaneRow, nowMs: number, position: bigint | null): Lane {
  const isBehind = position !== null && row.mode === 'flow' && row.floorOffset <= position
  return {
    appId: row.appId,
    companyId: row.companyId,
    mode: row.mode,
    activity: 'idle',
    queue: new Fifo(),
    lastSeen: isBehind ? null : row.settled,
    lastSeenEnd: 0n,
    isBetweenStreams: false,
    settled: row.settled,
    settledSource: row.settledSource,
    floorOffset: row.floorOffset,
    hasRow: true,
    isDirty: false,
    write: null,
    unacknowledged: 0,
    unsaved: [],
    inWrite: [],
    endedEpoch: null,
    deletedEpoch: 0,
    attempt: row.attempt,
    firstAttemptMs: row.firstAttemptAgoMs === null ? null : nowMs - row.firstAttemptAgoMs,
    nextAttemptMs: row.nextAttemptInMs === null ? null : nowMs + row.nextAttemptInMs,
    lastError: row.lastError,
    gaps: [...row.gaps],
    holes: [],
    routeVersion: row.routeVersion,
  }
}

/** Resets attempts and schedule, because the lane has a new head. */
export function startFresh(lane: Lane): void {
  lane.attempt = 0
  lane.firstAttemptMs = null
  lane.nextAttemptMs = null
  lane.lastError = null
}
