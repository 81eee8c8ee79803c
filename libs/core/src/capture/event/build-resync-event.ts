import type { EntityEvent, OwnEventName, ResyncData } from '@hooklane/contracts/public'
import { capturedEventId } from '../../kernel/identity/ids.js'

/** What happened to a source's stream, as reported to one company. */
export interface ResyncNotice extends Pick<ResyncData, 'from' | 'to' | 'reason'> {
  readonly producer: string
  readonly companyId: string
  /**
   * The event's own place in its producer's commit order. Order matters: two companies need two places, because the event's id is made from
   * the position alone, and a partition that holds a position is taken to hold everything before it as well.
   */
  readonly position: string
  /** RFC 3339, UTC. */
  readonly occurredAt: string
  /** In any order; empty: all of the producer's. */
  readonly resources: readonly string[]
}

const TYPE: OwnEventName = 'resync.required'

/**
 * Builds the event which says that a producer's events alone no longer lead to the present state. The same notice always gives the same
 * event. Its `entity` is the producer; the router replaces it by the subscription in each delivery.
 */
export function buildResyncEvent(notice: ResyncNotice): EntityEvent {
  const { producer, companyId, position, occurredAt, from, to, reason } = notice
  const resources = [...new Set(notice.resources)].sort()
  const data: ResyncData = { producer, from, to, reason, resources }
  return {
    id: capturedEventId(producer, position),
    producer,
    type: TYPE,
    companyId,
    subscriptionId: null,
    entity: { type: 'source', id: producer, key: null, url: null },
    occurredAt,
    revision: null,
    batch: null,
    data,
  }
}
