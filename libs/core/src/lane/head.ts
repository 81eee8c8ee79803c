import { assertNever } from '../kernel/assert-never.js'
import { decideDisposition } from '../policy/decide-disposition.js'
import { advance, wake } from './advance.js'
import { orderOf } from './gaps.js'
import type { Lane } from './lane.js'
import { waitForRetry } from './wait-for-retry.js'
import type { AttemptEnded, InputOf } from './protocol.js'
import { saveIfDirty } from './save-lane.js'
import type { Session } from './session.js'
import {
  publishDeadLetter,
  publishAttempt,
  settleWithoutDelivery,
  settleDelivered,
  settleDropped,
  settleUnsent,
  type EndedAttempt,
} from './settle.js'
import { acknowledge } from './settlements.js'
import { becomeUnsure } from './stop.js'
import { setActivity } from './transitions.js'
import type { Turn } from './turn.js'

/**
 * The head's subscription was looked up (D5.2). A head that may be sent is attempted in the same call. False: the lane did not ask for it.
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

/** The guard (D5.1): an attempt that could outlive the lease, or could not be recorded, is not started, and nothing is counted. */
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
  // The request was made, so its attempt is published. What follows from it is left to the next owner.
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

/** The log acknowledged a record. False: no such publish is in flight. */
export function published(turn: Turn, input: InputOf<'published'>): boolean {
  const { session } = turn
  const publish = session.publishes.get(input.publishId)
  if (!publish) return false
  session.publishes.delete(input.publishId)
  const { lane } = publish
  lane.unacknowledged -= 1
  if (publish.settlement) acknowledge(session, publish.settlement)
  if (publish.kind === 'deadLetter' && session.phase !== 'unsure') {
    const { settlement, reason } = publish
    setActivity(session, lane, 'idle')
    settleWithoutDelivery(session, lane, { settlement, status: 'deadLettered', reason })
    advance(turn, lane)
  }
  saveIfDirty(turn, lane)
  return true
}

/** What these lanes wait for may have happened: each becomes idle and tries its head again. */
export function resume(turn: Turn, waiting: Set<Lane>): void {
  const { session } = turn
  if (waiting.size === 0) return
  const lanes = [...waiting]
  waiting.clear()
  for (const lane of lanes) {
    setActivity(session, lane, 'idle')
    advance(turn, lane)
  }
}

/** Resumes the lanes whose instant has come. A tick may come early, so the next one is always requested again. */
export function runTimers(turn: Turn): void {
  const { session, nowMs } = turn
  session.wakeMs = Number.POSITIVE_INFINITY
  if (session.phase !== 'running') return wake(turn)
  for (let lane = session.timers.takeDue(nowMs); lane; lane = session.timers.takeDue(nowMs)) {
    if (lane.activity !== 'waiting' || (lane.nextAttemptMs ?? 0) > nowMs) continue
    setActivity(session, lane, 'idle')
    advance(turn, lane)
  }
  wake(turn)
}
