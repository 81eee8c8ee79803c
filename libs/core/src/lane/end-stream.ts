import { startFresh, type Lane, type Settlement } from './lane.js'
import type { StreamEnd } from './protocol.js'
import { saveLane } from './save-lane.js'
import { takeHead } from './settle.js'
import { setActivity, setMode } from './transitions.js'
import type { Turn } from './turn.js'

/**
 * Handles a head that is the end of the app's stream: all deliveries of this epoch are settled. Gaps at the end of the stream are not
 * reported, because a later delivery would belong to an app that was created again under the same id. One write saves the row and records
 * the end of the stream. The lane goes on only after that write, so a request of the next epoch, in this lane or in another worker group's,
 * never overlaps a request of this epoch.
 */
export function endStream(turn: Turn, lane: Lane, end: StreamEnd): void {
  const { session } = turn
  const settlement: Settlement = { offset: end.offset, pendingAcknowledgements: 1 }
  takeHead(session, lane)
  lane.gaps = []
  setMode(session, lane, 'flow')
  startFresh(lane)
  lane.unsaved.push(settlement)
  lane.endedEpoch = end.streamEpoch
  setActivity(session, lane, 'saving')
  saveLane(turn, lane)
}
