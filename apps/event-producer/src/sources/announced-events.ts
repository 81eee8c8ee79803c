import {
  buildResyncEvent,
  formatPosition,
  type Announcement,
  type LogPlace,
  type TransactionInfo,
} from '@hooklane/core/capture'
import type { PlacedEvent } from './event-record.js'

/** An announcement (see `Announcer`) with its place in a transaction. */
export interface PlacedAnnouncement {
  readonly place: LogPlace
  readonly announcement: Omit<Announcement, 'id'>
}

/** A company that gets an announcement. */
export interface NumberedCompany {
  readonly id: string
  /** The company's number, from 0. It selects the place of the company's event, counted from the place of the announcement. */
  readonly index: number
}

export interface AnnouncementContext {
  readonly producer: string
  readonly epoch: number
  readonly transaction: TransactionInfo
  /** By ascending index. */
  readonly companies: readonly NumberedCompany[]
}

/** How many places there are at one LSN. */
const PLACES_PER_LSN = 0x1_0000
/** Size of the header of a WAL record. No other record begins within it, so all LSNs of the header can be used for places. */
const RECORD_HEADER_BYTES = 24
/** How many companies one announcement can reach. */
export const MAX_COMPANIES = PLACES_PER_LSN * RECORD_HEADER_BYTES

/** Yields one event for each announcement and company, each at its own place, in the order of their positions. */
export function* announcedEvents(
  placed: readonly PlacedAnnouncement[],
  context: AnnouncementContext,
): Generator<PlacedEvent, void, undefined> {
  for (const { place, announcement } of placed) {
    for (const { id, index } of context.companies) {
      yield announcedEvent({ place: placeFor(place, index), announcement }, id, context)
    }
  }
}

/** @throws RangeError when there are more companies than places */
function placeFor({ lsn }: LogPlace, index: number): LogPlace {
  if (index >= MAX_COMPANIES) {
    const problem = `an announcement reaches at most ${MAX_COMPANIES} companies`
    throw new RangeError(
      `${problem}: delete companies that no longer exist, or capture the database as several sources`,
    )
  }
  return { lsn: lsn + BigInt(Math.floor(index / PLACES_PER_LSN)), index: index % PLACES_PER_LSN }
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
  announced: Iterable<PlacedEvent>,
): AsyncGenerator<PlacedEvent, void, undefined> {
  const rest = announced[Symbol.iterator]()
  let next = rest.next()
  for await (const event of events) {
    for (; !next.done && next.value.position < event.position; next = rest.next()) yield next.value
    yield event
  }
  for (; !next.done; next = rest.next()) yield next.value
}
