import {
  buildResyncEvent,
  formatPosition,
  type Announcement,
  type LogPlace,
  type TransactionInfo,
} from '@hooklane/core/capture'
import type { PlacedEvent } from './event-record.js'

/** An announcement with its place in the transaction. */
export interface PlacedAnnouncement {
  readonly place: LogPlace
  readonly announcement: Omit<Announcement, 'id'>
}

export interface AnnouncementContext {
  readonly producer: string
  readonly epoch: number
  readonly transaction: TransactionInfo
  /** In the order in which they became known. The index of a company becomes the index of the place of its event. */
  readonly companies: readonly string[]
}

/** Returns one event for each announcement and company, each at its own place, in the order of their positions. */
export function announcedEvents(placed: readonly PlacedAnnouncement[], context: AnnouncementContext): PlacedEvent[] {
  return placed.flatMap(({ place, announcement }) =>
    context.companies.map((companyId, index) =>
      announcedEvent({ place: { ...place, index }, announcement }, companyId, context),
    ),
  )
}

function announcedEvent(
  { place, announcement }: PlacedAnnouncement,
  companyId: string,
  { producer, epoch, transaction }: AnnouncementContext,
): PlacedEvent {
  const position = formatPosition({ ...place, epoch, commitLsn: transaction.commitLsn, side: 'departure' })
  const { reason, resources, from } = announcement
  const occurredAt = new Date(transaction.committedAtMs).toISOString()
  return {
    position,
    event: buildResyncEvent({ producer, companyId, position, occurredAt, reason, resources, from, to: position }),
  }
}

/** Merges two sequences that are each in the order of positions. */
export async function* inOrder(
  events: AsyncIterable<PlacedEvent>,
  announced: readonly PlacedEvent[],
): AsyncGenerator<PlacedEvent, void, undefined> {
  let next = 0
  for await (const event of events) {
    for (let one = announced[next]; one && one.position < event.position; one = announced[++next]) yield one
    yield event
  }
  yield* announced.slice(next)
}
