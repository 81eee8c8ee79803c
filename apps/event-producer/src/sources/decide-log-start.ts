import { positionBefore, type FoundHistory } from '@hooklane/core/capture'
import type { ReadCaptureMark } from '@hooklane/postgres'
import { latestPlace, markedPlace, publishedPlace, wholeUpTo, type PublishedPlace } from './published-place.js'
import { settledLsnOf, type SourcePast } from './source-history.js'

export interface KnownPlaces {
  readonly mark: ReadCaptureMark
  /** The slot and its WAL, looked at after every other process had stopped reading them. */
  readonly found: FoundHistory
  /** The last event of each partition of the topic. */
  readonly inKafka: readonly PublishedPlace[]
  /** The last event that this process has enqueued; null: none yet. */
  readonly lastEnqueued: PublishedPlace | null
}

/** Where the reading of a claimed source begins. */
export interface StartPoint {
  /** Whether the mark has the source's epoch. Otherwise the epoch was raised, and reading starts at the slot's confirmed position. */
  readonly isContinued: boolean
  /** Every event up to here is certain to be in Kafka. */
  readonly place: PublishedPlace
  /** The last event that may be in Kafka; null: there is none. */
  readonly last: PublishedPlace | null
  /** The last published transaction that the WAL must still hold; null: Postgres has released it, or none was published. */
  readonly expected: PublishedPlace | null
  /** Every change that was committed before this LSN is published, or does not belong to this source. */
  readonly settledLsn: bigint
  /** Transactions up to this commit LSN are in Kafka as a whole. */
  readonly publishedLsn: bigint
  /** Transactions after `place`, up to this commit LSN, may have events in Kafka; null: none has. */
  readonly halfPublishedLsn: bigint | null
}

/** @throws SourceUnreadable when the slot or the database has lost unpublished changes, or is not the one that was read before */
export function decideLogStart(past: SourcePast, known: KnownPlaces): StartPoint {
  const { mark, found } = known
  const { epoch } = past.source
  const claimed = markedPlace(mark)
  const continued = claimed?.epoch === epoch ? claimed : null
  const published = publishedPlaces(epoch, continued, known)
  const last = latestPlace(published)
  const identified = latestPlace(published.filter(({ xid }) => xid !== null))
  const settledLsn = settledLsnOf(past, continued ? mark : null, { published: last, found })
  const place = continued ?? publishedPlace(positionBefore(epoch, found.confirmedLsn), null)
  if (!place) throw new Error(`${past.source.name} has no position to begin at`)
  return {
    isContinued: continued !== null,
    place,
    last,
    expected: identified !== null && identified.commitLsn >= found.confirmedLsn ? identified : null,
    settledLsn,
    publishedLsn: continued ? wholeUpTo(continued) : 0n,
    // The transaction of `last` may be published only in part: some of its events may still be queued, or be in some partitions only.
    halfPublishedLsn: last !== null && last.text > place.text ? last.commitLsn : null,
  }
}

function publishedPlaces(
  epoch: number,
  continued: PublishedPlace | null,
  { inKafka, lastEnqueued }: KnownPlaces,
): PublishedPlace[] {
  const marked = continued !== null && continued.xid !== null ? [continued] : []
  // The database may have been restored to an earlier state while we were connected, so the last enqueued place is checked every time.
  const enqueued = lastEnqueued ? [lastEnqueued] : []
  return [...enqueued, ...marked, ...inKafka.filter((one) => one.epoch === epoch)]
}
