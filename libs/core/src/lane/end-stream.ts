import { startFresh, type Lane, type Settlement } from './lane.js'
import type { Effect, StreamEnd } from './protocol.js'
import { saveLane } from './save-lane.js'
import type { Session } from './session.js'
import { takeHead } from './settle.js'
import { become, enter } from './transitions.js'

/**
 * The end of an app's stream is the head: everything of this epoch is settled. What became of its last numbers is told to nobody, because the next
 * delivery, if there ever is one, belongs to an app that was made again. The row says so together with the end, in one write, and the lane goes on
 * when both are known: a request of the next epoch, in this lane or in that of another worker group, never overlaps one of this.
 */
export function endStream(session: Session, lane: Lane, end: StreamEnd, nowMs: number, out: Effect[]): void {
  const settlement: Settlement = { offset: end.offset, waits: 1 }
  takeHead(session, lane)
  lane.gaps = []
  become(session, lane, 'flow')
  startFresh(lane)
  lane.unsaved.push(settlement)
  lane.endedEpoch = end.streamEpoch
  enter(session, lane, 'saving')
  saveLane(session, lane, nowMs, out)
}
