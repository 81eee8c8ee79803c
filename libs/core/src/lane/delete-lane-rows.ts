import type { Lane } from './lane.js'
import type { InputOf } from './protocol.js'
import type { Session } from './session.js'
import type { Turn } from './turn.js'

/**
 * Deletes the rows that are no longer needed (D11.3). A row is no longer needed if its lane is in flow, has nothing unsaved and no gaps to
 * report, and the *saved* position has reached the row's floor (`floorOffset`). Then no owner will read a record again that the row calls
 * settled.
 */
export function deleteReachedFloors({ session, out }: Turn, savedOffset: bigint): void {
  for (const lane of session.withRow) {
    if (!isReached(lane, savedOffset)) continue
    const saveId = ++session.lastSaveId
    lane.write = { saveId, kind: 'delete' }
    session.writesInFlight += 1
    out.push({ type: 'deleteLane', saveId, appId: lane.appId, companyId: lane.companyId })
  }
}

function isReached(lane: Lane, savedOffset: bigint): boolean {
  if (lane.mode !== 'flow' || lane.isDirty || lane.write || lane.gaps.length > 0) return false
  return lane.floorOffset <= savedOffset
}

/** The row was deleted. Returns its lane, or null when no such deletion is in flight. */
export function laneDeleted(session: Session, input: InputOf<'laneSaved' | 'laneDeleted'>): Lane | null {
  const lane = session.lanes.get(input.appId)
  if (lane?.write?.kind !== 'delete' || lane.write.saveId !== input.saveId) return null
  lane.write = null
  lane.hasRow = false
  session.withRow.delete(lane)
  session.writesInFlight -= 1
  return lane
}
