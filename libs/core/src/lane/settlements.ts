import type { Settlement } from './lane.js'
import type { Publish, Session } from './session.js'

/** Counts one acknowledgement that the settlement waits for. After the last one, the settlement's offset is done (D5.5). */
export function acknowledge(session: Session, settlement: Settlement): void {
  settlement.pendingAcknowledgements -= 1
  if (settlement.pendingAcknowledgements === 0) session.offsets.done(settlement.offset)
}

/** Registers a publish that is about to be emitted. Returns its id. */
export function expectPublish(session: Session, publish: Publish): number {
  const publishId = ++session.lastPublishId
  session.publishes.set(publishId, publish)
  publish.lane.unacknowledged += 1
  return publishId
}
