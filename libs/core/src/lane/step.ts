import { assertNever } from '../kernel/assert-never.js'
import { advance, appDeleted } from './advance.js'
import { deleteReachedFloors, laneDeleted } from './delete-lane-rows.js'
import { attemptEnded, attemptNotStarted, prepared, published, resume, runTimers } from './head.js'
import type { Effect, Input, InputOf } from './protocol.js'
import { recordsRead } from './read.js'
import { pauseReading } from './pause-reading.js'
import { laneSaved, saveIfDirty } from './save-lane.js'
import type { Session } from './session.js'
import { becomeUnsure, conclude, fenced, positionSaved, savePosition, stop } from './stop.js'

/**
 * Handles one input: changes the session and returns the effects to carry out, in this order. Deterministic: the same inputs give the same
 * effects.
 *
 * An input that the state does not allow (such as a reply that no lane waits for) throws when `settings.strict` is set. Otherwise it raises
 * an alarm and changes nothing. After `abandon` every input is ignored, because replies may still arrive.
 */
export function step(session: Session, input: Input): readonly Effect[] {
  if (session.phase === 'over') return NOTHING
  const out: Effect[] = []
  if (!handle(session, input, out)) refuse(session, input, out)
  reportIllegal(session, out)
  pauseReading(session, input.nowMs, out)
  conclude(session, input.nowMs, out)
  return out
}

/** False: the state does not allow this input. */
function handle(session: Session, input: Input, out: Effect[]): boolean {
  const { nowMs } = input
  switch (input.type) {
    case 'recordsRead':
      recordsRead(session, input, out)
      return true
    case 'prepared':
      return prepared(session, input, out)
    case 'attemptEnded':
      return attemptEnded(session, input, out)
    case 'attemptNotStarted':
      return attemptNotStarted(session, input)
    case 'published':
      return published(session, input, out)
    case 'laneSaved':
    case 'laneDeleted':
      return laneWritten(session, input, out)
    case 'positionSaved': {
      const isKnown = positionSaved(session, input, out)
      if (isKnown && session.phase === 'running') deleteReachedFloors(session, input.mainOffset, out)
      return isKnown
    }
    case 'leaseRenewed':
      if (input.deadlineMs > session.deadlineMs) session.deadlineMs = input.deadlineMs
      resume(session, session.blocked, nowMs, out)
      return true
    case 'storeUp':
      storeUp(session, input.value, nowMs, out)
      return true
    case 'configurationRead':
      resume(session, session.behind, nowMs, out)
      return true
    case 'appDeleted':
      return appDeleted(session, input, out)
    case 'budget':
      session.isOverBudget = input.level === 'pause'
      return true
    case 'saveDue':
      savePosition(session, nowMs, out)
      return true
    case 'tick':
      runTimers(session, nowMs, out)
      return true
    case 'stop':
      stop(session, out)
      return true
    case 'fenced':
      fenced(session, out)
      return true
    case 'ambiguous':
      becomeUnsure(session)
      return true
    default:
      return assertNever(input)
  }
}

/** False: no such write is in flight. */
function laneWritten(session: Session, input: InputOf<'laneSaved' | 'laneDeleted'>, out: Effect[]): boolean {
  const lane = input.type === 'laneSaved' ? laneSaved(session, input) : laneDeleted(session, input)
  if (!lane) return false
  saveIfDirty(session, lane, input.nowMs, out)
  advance(session, lane, input.nowMs, out)
  return true
}

function storeUp(session: Session, value: boolean, nowMs: number, out: Effect[]): void {
  session.isStoreUp = value
  if (!value) return
  for (const lane of [...session.dirty]) saveIfDirty(session, lane, nowMs, out)
  resume(session, session.blocked, nowMs, out)
}

function refuse(session: Session, input: Input, out: Effect[]): void {
  const appId = 'appId' in input ? input.appId : undefined
  const detail = `${input.type} while ${session.phase}${appId === undefined ? '' : `, lane ${session.lanes.get(appId)?.activity ?? 'unknown'}`}`
  if (session.settings.strict === true) throw new Error(`illegal input: ${detail}`)
  out.push({ type: 'alarm', kind: 'illegalInput', ...(appId === undefined ? {} : { appId }), detail })
}

function reportIllegal(session: Session, out: Effect[]): void {
  const { illegalTransition } = session
  if (illegalTransition === null) return
  out.push({ type: 'alarm', kind: 'illegalTransition', ...illegalTransition })
  session.illegalTransition = null
}

const NOTHING: readonly Effect[] = []
