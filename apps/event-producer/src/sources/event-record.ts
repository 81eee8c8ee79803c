import { HEADER, SCHEMA, type EntityEvent } from '@hooklane/contracts/public'
import type { OutgoingRecord } from '@hooklane/core/kernel'

/** An event with its position among the events of its producer. */
export interface PlacedEvent {
  readonly position: string
  readonly event: EntityEvent
}

/**
 * Makes the record of an event. Names of sources are ASCII, so they can be headers. The position is a header, too, so that it can be found
 * without decoding the event.
 */
export function eventRecord(topic: string, { event, position }: PlacedEvent): OutgoingRecord {
  return {
    topic,
    key: event.companyId,
    value: JSON.stringify(event),
    headers: {
      [HEADER.schema]: SCHEMA.event,
      [HEADER.contentType]: 'application/json',
      [HEADER.producer]: event.producer,
      [HEADER.position]: position,
    },
  }
}

/** Yields each event with its position. */
export async function* placedEvents(events: AsyncIterable<EntityEvent>): AsyncGenerator<PlacedEvent, void, undefined> {
  for await (const event of events) yield { position: event.revision?.id ?? '', event }
}
