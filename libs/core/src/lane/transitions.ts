import type { Activity, Lane, LaneMode } from './lane.js'
import type { Session } from './session.js'

/** For each activity, the activities that may follow. A lane returns to `idle` before its next step is decided. */
export const NEXT_ACTIVITIES: Readonly<Record<Activity, readonly Activity[]>> = {
  idle: ['preparing', 'attempting', 'deadLettering', 'waiting', 'saving', 'guarded', 'notYet'],
  preparing: ['idle'],
  // `guarded` follows when the executor found that the attempt must not start.
  attempting: ['idle', 'guarded'],
  deadLettering: ['idle'],
  waiting: ['idle'],
  saving: ['idle'],
  guarded: ['idle'],
  notYet: ['idle'],
}

/** For each mode, the modes that may follow. Staying in a mode is no transition. */
export const NEXT_MODES: Readonly<Record<LaneMode, readonly LaneMode[]>> = {
  flow: ['parked'],
  parked: ['flow'],
}

/** The only place where a lane's activity changes. */
export function setActivity(session: Session, lane: Lane, activity: Activity): void {
  if (NEXT_ACTIVITIES[lane.activity].includes(activity)) changeable(lane).activity = activity
  else refuse(session, lane, `from ${lane.activity} to ${activity}`)
}

/** The only place where a lane's mode changes. */
export function setMode(session: Session, lane: Lane, mode: LaneMode): void {
  if (lane.mode === mode) return
  if (NEXT_MODES[lane.mode].includes(mode)) changeable(lane).mode = mode
  else refuse(session, lane, `from mode ${lane.mode} to ${mode}`)
}

/**
 * Handles a transition that is not allowed. Only a defect of the lane machine can cause such a transition. Memory can no longer be trusted,
 * so the session ends, and the next owner starts from what the store holds.
 * @throws Error if `settings.strict` is set, as in tests
 */
function refuse(session: Session, lane: Lane, what: string): void {
  const detail = `lane ${lane.appId} ${what}`
  if (session.settings.strict === true) throw new Error(`illegal transition: ${detail}`)
  session.illegalTransition ??= { appId: lane.appId, detail }
  if (session.phase !== 'over') session.phase = 'unsure'
}

const changeable = (lane: Lane): { activity: Activity; mode: LaneMode } => lane
