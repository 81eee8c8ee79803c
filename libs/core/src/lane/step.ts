import { assertNever } from '../kernel/assert-never.js'
import { advance, appDeleted } from './advance.js'
import { deleteReachedFloors, laneDeleted } from './delete-lane-rows.js'
import { becomeUnsure } from './end-session.js'
import { attemptEnded, attemptNotStarted, prepared } from './head.js'
import { published } from './published.js'
import { resume, runTimers } from './resume.js'
import { positionSaved, savePosition } from './save-position.js'
import type { Effect, Input, InputOf } from './protocol.js'
import { recordsRead } from './read.js'
import { pauseReading } from './pause-reading.js'
import { laneSaved, saveIfDirty } from './save-lane.js'
import type { Session } from './session.js'
import { conclude, fenced, stop } from './stop.js'
import type { Turn } from './turn.js'

/**
 * Handles one input: changes the session and returns the effects to carry out, in this order. Deterministic: the same inputs give the same
 * effects.
 *
 * An input that the state does not allow (such as a reply that no lane waits for) throws when `settings.strict` is set. Otherwise it raises
 * an alarm and changes nothing. After `abandon` every input is ignored, because replies may still arrive.
 */
export function step<Detail>(session: Session, input: Input<Detail>): readonly Effect<Detail>[] {
  if (session.phase === 'over') return NOTHING
  const out: Effect<Detail>[] = []
  const turn: Turn<Detail> = { session, nowMs: input.nowMs, out }
  if (!handle(turn, input)) refuse(turn, input)
  reportIllegal(turn)
  pauseReading(turn)
  conclude(turn)
  return out
}

/** False: the state does not allow this input. */
function handle<Detail>(turn: Turn<Detail>, input: Input<Detail>): boolean {
  const { session } = turn
  switch (input.type) {
    case 'recordsRead':
      recordsRead(turn, input)
      return true
    case 'prepared':
      return prepared(turn, input)
    case 'attemptEnded':
      return attemptEnded(turn, input)
    case 'attemptNotStarted':
      return attemptNotStarted(session, input)
    case 'published':
      return published(turn, input)
    case 'laneSaved':
    case 'laneDeleted':
      return laneWritten(turn, input)
    case 'positionSaved': {
      const isKnown = positionSaved(turn, input)
      if (isKnown && session.phase === 'running') deleteReachedFloors(turn, input.mainOffset)
      return isKnown
    }
    case 'leaseRenewed':
      if (input.deadlineMs > session.deadlineMs) session.deadlineMs = input.deadlineMs
      resume(turn, session.blocked)
      return true
    case 'storeUp':
      storeUp(turn, input.value)
      return true
    case 'configurationRead':
      resume(turn, session.behind)
      return true
    case 'appDeleted':
      return appDeleted(turn, input)
    case 'budget':
      session.isPayloadMemoryFull = input.level === 'pause'
      return true
    case 'saveDue':
      savePosition(turn)
      return true
    case 'tick':
      runTimers(turn)
      return true
    case 'stop':
      stop(turn)
      return true
    case 'fenced':
      fenced(turn)
      return true
    case 'ambiguous':
      becomeUnsure(session)
      return true
    default:
      return assertNever(input)
  }
}

/** False: no such write is in flight. */
function laneWritten(turn: Turn, input: InputOf<'laneSaved' | 'laneDeleted'>): boolean {
  const { session } = turn
  const lane = input.type === 'laneSaved' ? laneSaved(session, input) : laneDeleted(session, input)
  if (!lane) return false
  saveIfDirty(turn, lane)
  advance(turn, lane)
  return true
}

function storeUp(turn: Turn, value: boolean): void {
  const { session } = turn
  session.isStoreUp = value
  if (!value) return
  for (const lane of [...session.dirty]) saveIfDirty(turn, lane)
  resume(turn, session.blocked)
}

function refuse<Detail>({ session, out }: Turn, input: Input<Detail>): void {
  const appId = 'appId' in input ? input.appId : undefined
  const detail = `${input.type} while ${session.phase}${appId === undefined ? '' : `, lane ${session.lanes.get(appId)?.activity ?? 'unknown'}`}`
  if (session.settings.strict === true) throw new Error(`illegal input: ${detail}`)
  out.push({ type: 'alarm', kind: 'illegalInput', ...(appId === undefined ? {} : { appId }), detail })
}

function reportIllegal({ session, out }: Turn): void {
  const { illegalTransition } = session
  if (illegalTransition === null) return
  out.push({ type: 'alarm', kind: 'illegalTransition', ...illegalTransition })
  session.illegalTransition = null
}

const NOTHING: readonly Effect<never>[] = []
