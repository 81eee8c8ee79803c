import { Fifo } from './fifo.js'
import type { Gap, LaneRecord, LaneRow } from './protocol.js'

/**
 * The serial queue of one app in one session. At most its head is worked on, and whatever is behind the head waits.
 *
 * `mode` is what the row says, or will say when the save in flight is answered: `flow` (a row, if there is one, is a floor) or `parked` (the head
 * failed and waits for the instant in the row). `activity` is what the lane does now:
 *
 *     idle ─ head, due ─▶ preparing ─ send, guard open ─▶ attempting ─ accepted ─▶ idle (next head)
 *      ▲                   │   │ └─ guard closed ─▶ blocked ─ lease kept, store up ─▶ idle
 *      │                   │   └─ configuration older than the record ─▶ behind ─ configuration read ─▶ idle
 *      │                   └─ settled without a request ─▶ idle (next head)
 *      ├── waiting ◀─ next instant ahead ─┤ failed, near ◀─ attempting
 *      ├── saving  ◀─ the row must be saved before the lane goes on (parked, taken out of parking, gaps before a request, end of the stream)
 *      └── (aside) ◀─ burying: dead letter on its way; the head is settled when the log has it
 *
 * `blocked`, `behind`, `waiting` and `saving` have sent nothing; only `attempting` has a request in flight.
 */
export interface Lane {
  readonly appId: string
  readonly companyId: string
  /** Changed by `become` alone. */
  readonly mode: LaneMode
  /** Changed by `enter` alone. */
  readonly activity: Activity
  /** Records to attempt, in order. The head stays first until it is settled. */
  readonly queue: Fifo<LaneRecord>
  /** Highest sequence filed, done ones included; null: the first record tells, because the position lies behind the row. */
  lastSeen: bigint | null
  /** Offset + 1 of the record that `lastSeen` names; 0 before the first. */
  lastSeenEnd: bigint
  /** What was filed last ended the stream: the numbers in between may have gone to another worker group. */
  isBetweenStreams: boolean
  /** Everything up to here is settled. With a head in hand: its sequence − 1, except before a hole is declared. */
  settled: bigint
  settledSource: bigint | null
  /** Main position that must be saved before the row may be deleted; never falls. */
  floorOffset: bigint
  /** Whether the store may hold a row. */
  hasRow: boolean
  /** Memory says more than the row, and it must be saved. */
  isDirty: boolean
  /** The one write in flight. A save carries everything up to its submission. */
  write: { readonly saveId: number; readonly kind: 'save' | 'delete' } | null
  /** Records of this lane that the log has not acknowledged. No row is saved before: what it calls settled must be in the delivery log. */
  unacknowledged: number
  /** Settlements that wait for the next save, and those that the save in flight carries. */
  unsaved: Settlement[]
  inWrite: Settlement[]
  /** Epoch whose end the next save makes known; null: none. */
  endedEpoch: number | null
  /** The app was deleted: nobody wants deliveries up to this epoch any more; 0: it was not. */
  deletedEpoch: number
  /** Attempts spent on the head. */
  attempt: number
  /** When the head's first counted attempt started; null before it. */
  firstAttemptMs: number | null
  /** The head is not attempted before; null = at once. */
  nextAttemptMs: number | null
  lastError: string | null
  /** What became of the numbers directly before the head, oldest first; what a delivery has reported is dropped. */
  gaps: Gap[]
  /** Runs of numbers that never arrived, found while filing; declared when the record behind them becomes the head. */
  holes: Hole[]
  routeVersion: number
}

export type LaneMode = LaneRow['mode']

export type Activity = 'idle' | 'preparing' | 'attempting' | 'burying' | 'waiting' | 'saving' | 'blocked' | 'behind'

export interface Hole {
  readonly from: bigint
  readonly to: bigint
}

/** A settled record whose offset is not done yet: `waits` acknowledgements (attempt record, dead letter, row) are still missing. */
export interface Settlement {
  readonly offset: bigint
  waits: number
}

/** A lane without a row: everything before the first record that is seen was delivered. */
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
 * A lane as its row says; durations become instants of this process. A floor that the position has reached says nothing about what was settled since:
 * its `settled` is a lower bound then, and its gaps may have been reported.
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

/** The head is another one now: nothing was spent on it. */
export function startFresh(lane: Lane): void {
  lane.attempt = 0
  lane.firstAttemptMs = null
  lane.nextAttemptMs = null
  lane.lastError = null
}
