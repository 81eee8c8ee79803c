import type { ReadCaptureMark } from '@hooklane/postgres'
import type { LastPositions } from '../publishing/published-positions.js'
import { publishedPlace, refuseOrdinalPositions, type PublishedPlace } from './published-place.js'

export interface PublishedInKafkaOptions {
  readonly lastPositions: () => Promise<LastPositions>
  readonly readMark: () => Promise<ReadCaptureMark | null>
  /** The name of the source. */
  readonly name: string
  /** See `ReplicatedSource.resetInstructions`. */
  readonly resetInstructions: string
}

/** The last event of a source in each partition of the topic. The topic is read once, and again only after `forget`. */
export class PublishedInKafka {
  private places: readonly PublishedPlace[] | null = null

  constructor(private readonly options: PublishedInKafkaOptions) {}

  /** @throws SourceUnreadable when the topic holds an event whose position has the form of an earlier build */
  async read(): Promise<readonly PublishedPlace[]> {
    if (this.places) return this.places
    const { lastPositions, readMark, name, resetInstructions } = this.options
    const events = [...(await lastPositions()).values()]
    refuseOrdinalPositions(events, { mark: await readMark(), name, resetInstructions })
    this.places = events.flatMap(({ position, transactionId }) => publishedPlace(position, transactionId) ?? [])
    return this.places
  }

  /** Call when another process has published since the topic was read. */
  forget(): void {
    this.places = null
  }
}
