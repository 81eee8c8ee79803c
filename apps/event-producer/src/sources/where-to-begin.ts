import { positionBefore, type FoundHistory } from '@hooklane/core/capture'
import type { ReadCaptureMark } from '@hooklane/postgres'
import { latestPlace, markedPlace, publishedPlace, wholeUpTo, type PublishedPlace } from './published-place.js'
import { settledLsnOf, type SourcePast } from './source-history.js'

export interface KnownPlaces {
  readonly mark: ReadCaptureMark
  /** The slot and its log, as they are now that nobody else reads them. */
  readonly found: FoundHistory
  /** The last event of each partition of the topic. */
  readonly inKafka: readonly PublishedPlace[]
  /** Of this process; null before its first event. */
  readonly lastEnqueued: PublishedPlace | null
}

/** Where a source that has been claimed is read on. */
export interface Beginning {
  /** The epoch is that of the mark. Else it was raised, and the source begins now. */
  readonly isContinued: boolean
  /** Up to which every event is in Kafka for sure. */
  readonly place: PublishedPlace
  /** The last event that may be in Kafka; null: none is. */
  readonly last: PublishedPlace | null
  /** The last published transaction that the log must hold still; null: it is released, or was none. */
  readonly expected: PublishedPlace | null
  /** Everything that was committed before here is published, or none of this source's. */
  readonly settledLsn: bigint
  /** Transactions up to this commit LSN are in Kafka whole. */
  readonly publishedLsn: bigint
  /** Of transactions behind `place`, up to this commit LSN, events may be in Kafka; null: of none. */
  readonly halfPublishedLsn: bigint | null
}

/** @throws SourceRefused when the slot or the database has lost what was not published, or is another one */
export function whereToBegin(past: SourcePast, known: KnownPlaces): Beginning {
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
    // Not all of `last`: what is enqueued waits for Kafka, and what Kafka has of it may stand in some partitions only.
    halfPublishedLsn: last !== null && last.text > place.text ? last.commitLsn : null,
  }
}

function publishedPlaces(
  epoch: number,
  continued: PublishedPlace | null,
  { inKafka, lastEnqueued }: KnownPlaces,
): PublishedPlace[] {
  const marked = continued !== null && continued.xid !== null ? [continued] : []
  // The database may have been set back while we were connected to it: what this process enqueued is asked about every time.
  const enqueued = lastEnqueued ? [lastEnqueued] : []
  return [...enqueued, ...marked, ...inKafka.filter((one) => one.epoch === epoch)]
}
