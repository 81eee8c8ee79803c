import { advance } from './advance.js'
import type { InputOf } from './protocol.js'
import { saveIfDirty } from './save-lane.js'
import { settleWithoutDelivery } from './settle.js'
import { acknowledge } from './settlements.js'
import { setActivity } from './transitions.js'
import type { Turn } from './turn.js'

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
