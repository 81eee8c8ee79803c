import type { Disposition } from '../policy/attempt-result.js'
import { appendGap } from './gaps.js'
import { startFresh, type Lane, type Settlement } from './lane.js'
import type { AttemptEnded, Gap, LaneRecord, RecordRef } from './protocol.js'
import { saveLane } from './save-lane.js'
import type { Session } from './session.js'
import { expectPublish } from './settlements.js'
import { setActivity, setMode } from './transitions.js'
import type { Turn } from './turn.js'

/** The outcome of an attempt, as the delivery log needs it. */
export interface EndedAttempt<Detail> {
  readonly lane: Lane
  readonly record: RecordRef
  readonly input: AttemptEnded<Detail>
  /** Number of the attempt that ended. */
  readonly attempt: number
  readonly disposition: Disposition
}

/** Publishes an attempt; every attempt is published. A settlement, if there is one, waits for the acknowledgement. */
export function publishAttempt<Detail>(
  { session, out }: Turn<Detail>,
  ended: EndedAttempt<Detail>,
  settlement: Settlement | null,
): void {
  out.push({
    type: 'publishAttempt',
    publishId: expectPublish(session, { kind: 'record', lane: ended.lane, settlement }),
    record: ended.record,
    attempt: ended.attempt,
    disposition: ended.disposition,
    detail: ended.input.detail,
  })
}

/**
 * The receiver accepted the delivery (D5.3). The gaps that the delivery reported are cleared; if there were any, the floor moves past
 * the delivery. A parked lane returns to flow, and saving its row moves the floor, too (D11.2).
 */
export function settleDelivered<Detail>(turn: Turn<Detail>, ended: EndedAttempt<Detail>): void {
  const { session } = turn
  const { lane } = ended
  const isParked = lane.mode === 'parked'
  const settlement: Settlement = { offset: ended.record.offset, pendingAcknowledgements: isParked ? 2 : 1 }
  takeHead(session, lane)
  if (lane.gaps.length > 0) {
    const reportedEnd = ended.record.offset + 1n
    if (reportedEnd > lane.floorOffset) lane.floorOffset = reportedEnd
    lane.gaps = []
  }
  startFresh(lane)
  publishAttempt(turn, ended, settlement)
  if (!isParked) return
  setMode(session, lane, 'flow')
  lane.unsaved.push(settlement)
  setActivity(session, lane, 'saving')
  saveLane(turn, lane)
}

/** The policy gives the delivery up without a dead letter. */
export function settleDropped<Detail>(turn: Turn<Detail>, ended: EndedAttempt<Detail>, reason: string): void {
  const settlement: Settlement = { offset: ended.record.offset, pendingAcknowledgements: 2 }
  publishAttempt(turn, ended, settlement)
  settleWithoutDelivery(turn.session, ended.lane, { settlement, status: 'dropped', reason })
}

/** Settles the head without making a request (D5.2). */
export function settleUnsent(
  { session, out }: Turn,
  lane: Lane,
  verdict: { readonly status: 'filtered' | 'dropped'; readonly reason: string },
): void {
  const record = lane.queue.peek()
  if (record?.kind !== 'delivery') return
  const settlement: Settlement = { offset: record.offset, pendingAcknowledgements: 2 }
  const publishId = expectPublish(session, { kind: 'record', lane, settlement })
  out.push({ type: 'publishSettledUnsent', publishId, record, status: verdict.status, reason: verdict.reason })
  settleWithoutDelivery(session, lane, { settlement, status: verdict.status, reason: verdict.reason })
}

/** Publishes the dead letter. The head is settled only once the dead letter is acknowledged (D5.4). */
export function publishDeadLetter<Detail>(turn: Turn<Detail>, ended: EndedAttempt<Detail>, reason: string): void {
  const { session, out } = turn
  const { lane } = ended
  const settlement: Settlement = { offset: ended.record.offset, pendingAcknowledgements: 3 }
  setActivity(session, lane, 'deadLettering')
  publishAttempt(turn, ended, settlement)
  out.push({
    type: 'publishDeadLetter',
    publishId: expectPublish(session, { kind: 'deadLetter', lane, settlement, reason }),
    record: ended.record,
    attempts: ended.attempt,
    reason,
    detail: ended.input.detail,
  })
}

/**
 * Settles the head, which was not delivered: its number becomes a gap. The row that holds the gap must be saved before the lane's next
 * request and before the offset is done. The caller starts the save, so that a run of such heads costs one write.
 */
export function settleWithoutDelivery(
  session: Session,
  lane: Lane,
  what: { readonly settlement: Settlement; readonly status: Gap['status']; readonly reason: string },
): void {
  const record = takeHead(session, lane)
  if (record?.kind !== 'delivery') return
  const { sequence, deliveryId } = record
  lane.gaps = appendGap(lane.gaps, { sequence, id: deliveryId, status: what.status, reason: what.reason })
  setMode(session, lane, 'flow')
  startFresh(lane)
  lane.unsaved.push(what.settlement)
  lane.isDirty = true
  session.dirty.add(lane)
}

/**
 * Removes the head and sets `settled` to the number before the next head or, if a hole directly precedes that head, to the number before
 * the hole.
 */
export function takeHead(session: Session, lane: Lane): LaneRecord | undefined {
  const record = lane.queue.shift()
  if (!record) return undefined
  if (record.kind === 'delivery') {
    session.queuedBytes -= record.bytes
    lane.settledSource = record.source.offset
    lane.routeVersion = record.routeVersion
  }
  const next = lane.queue.peek()
  if (!next) lane.settled = lane.lastSeen ?? record.sequence
  else if (next.kind === 'ended') lane.settled = next.sequence
  else if (lane.holes[0]?.to === next.sequence - 1n) lane.settled = lane.holes[0].from - 1n
  else lane.settled = next.sequence - 1n
  return record
}
