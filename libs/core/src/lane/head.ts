import { assertNever } from '../kernel/assert-never.js'
import { decideDisposition } from '../policy/decide-disposition.js'
import { advance } from './advance.js'
import { orderOf } from './gaps.js'
import type { Lane } from './lane.js'
import { waitForRetry } from './wait-for-retry.js'
import type { AttemptEnded, InputOf } from './protocol.js'
import { saveIfDirty } from './save-lane.js'
import type { Session } from './session.js'
import {
  publishDeadLetter,
  publishAttempt,
  settleDelivered,
  settleDropped,
  settleUnsent,
  type EndedAttempt,
} from './settle.js'
import { becomeUnsure } from './end-session.js'
import { setActivity } from './transitions.js'
import type { Turn } from './turn.js'

/**
 * Handles the verdict on the head, after its subscription was looked up (D5.2). A head that may be sent is attempted in the same call.
 * False: the lane does not wait for this verdict.
 */
export function prepared(turn: Turn, input: InputOf<'prepared'>): boolean {
  const { session } = turn
  const lane = session.lanes.get(input.appId)
  const head = lane?.queue.peek()
  if (lane?.activity !== 'preparing' || head?.sequence !== input.sequence) return false
  setActivity(session, lane, 'idle')
  if (session.phase !== 'running') {
    saveIfDirty(turn, lane)
    return true
  }
  const { verdict } = input
  switch (verdict.kind) {
    case 'notYet':
      setActivity(session, lane, 'notYet')
      session.behind.add(lane)
      saveIfDirty(turn, lane)
      return true
    case 'settle':
      settleUnsent(turn, lane, verdict)
      advance(turn, lane)
      return true
    case 'send':
      attemptHead(turn, lane, verdict.policy.timeoutMs)
      return true
    default:
      return assertNever(verdict)
  }
}

/**
 * Attempts the head, unless the guard (D5.1) prevents it: an attempt that could outlive the lease, or could not be recorded, is not started
 * and not counted.
 */
function attemptHead(turn: Turn, lane: Lane, timeoutMs: number): void {
  const { session, nowMs, out } = turn
  const record = lane.queue.peek()
  if (record?.kind !== 'delivery') return
  if (lane.isDirty || lane.write?.kind === 'save') {
    setActivity(session, lane, 'saving')
    return saveIfDirty(turn, lane)
  }
  if (!session.isStoreUp || nowMs + timeoutMs + session.settings.marginMs > session.deadlineMs) {
    return block(session, lane)
  }
  setActivity(session, lane, 'attempting')
  session.attemptsInFlight += 1
  const { previous, skipped } = orderOf(lane.gaps, record.sequence)
  const backlog = lane.queue.length - 1
  out.push({ type: 'attempt', record, attempt: lane.attempt + 1, previous, skipped, backlog })
}

function block(session: Session, lane: Lane): void {
  setActivity(session, lane, 'guarded')
  session.blocked.add(lane)
}

/** False: no such attempt is in flight. */
export function attemptEnded<Detail>(turn: Turn<Detail>, input: AttemptEnded<Detail>): boolean {
  const { session, nowMs } = turn
  const lane = session.lanes.get(input.appId)
  const record = lane?.queue.peek()
  if (lane?.activity !== 'attempting' || record?.kind !== 'delivery' || record.sequence !== input.sequence) return false
  session.attemptsInFlight -= 1
  setActivity(session, lane, 'idle')
  // The lease lapsed meanwhile (a frozen process): a successor may have settled this delivery differently.
  if (nowMs >= session.deadlineMs) becomeUnsure(session)
  const attempt = lane.attempt + 1
  const firstAttemptAgoMs = nowMs - (lane.firstAttemptMs ?? input.startedMs)
  const { result, policy, jitter } = input
  const disposition = decideDisposition({ result, policy, attempt, firstAttemptAgoMs, jitter })
  const ended: EndedAttempt<Detail> = { lane, record, input, attempt, disposition }
  // The request was made, so its attempt is published. The next owner decides about the delivery.
  if (session.phase === 'unsure') publishAttempt(turn, ended, null)
  else carryOut(turn, ended)
  return true
}

function carryOut<Detail>(turn: Turn<Detail>, ended: EndedAttempt<Detail>): void {
  const { disposition } = ended
  switch (disposition.kind) {
    case 'delivered':
      settleDelivered(turn, ended)
      break
    case 'drop':
      settleDropped(turn, ended, disposition.reason)
      break
    case 'deadLetter':
      publishDeadLetter(turn, ended, disposition.reason)
      break
    case 'retry':
    case 'defer':
    case 'block':
      waitForRetry(turn, ended, disposition.delayMs)
      break
    default:
      assertNever(disposition)
  }
  advance(turn, ended.lane)
}

/** The executor found that the attempt must not start. False: no such attempt is in flight. */
export function attemptNotStarted(session: Session, input: InputOf<'attemptNotStarted'>): boolean {
  const lane = session.lanes.get(input.appId)
  if (lane?.activity !== 'attempting' || lane.queue.peek()?.sequence !== input.sequence) return false
  session.attemptsInFlight -= 1
  block(session, lane)
  return true
}
