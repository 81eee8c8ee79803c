import type { EntityEvent, OwnEventName, ResyncData } from '@hooklane/contracts/public'
import { capturedEventId } from '../../kernel/identity/ids.js'

/** What happened to a source's stream, as reported to one company. */
export interface ResyncNotice extends Pick<ResyncData, 'from' | 'to' | 'reason'> {
  readonly producer: string
  readonly companyId: string
  /**
   * The event's own place in its producer's commit order. Two companies need two positions. With the same position their events would have
   * the same id, and the second event in a partition would count as published already.
   */
  readonly position: string
  /** RFC 3339, UTC. */
  readonly occurredAt: string
  /** In any order. Empty: all resources of the producer. */
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
