import { Backoff, pause, type Clock, type LogProducer, type OutgoingRecord } from '@hooklane/core/kernel'

export interface PublisherOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly producer: LogProducer
  readonly onRetry: (error: unknown, inMs: number) => void
}

/** Publishes records that must not get lost: retries until Kafka has the record or it is no longer needed. */
export class Publisher {
  private unpublished = 0

  constructor(private readonly options: PublisherOptions) {}

  /** Approximate bytes of the records that Kafka does not have yet. While Kafka is unreachable, attempts still add records. */
  get unpublishedBytes(): number {
    return this.unpublished
  }

  /** @param isNeeded checked before each retry. After a session has ended, its successor publishes the records */
  async publish(record: OutgoingRecord, isNeeded: () => boolean): Promise<void> {
    const bytes = record.value?.length ?? 0
    this.unpublished += bytes
    try {
      await this.options.producer.publish(record)
    } catch (error) {
      await this.publishAgain(error, record, isNeeded)
    } finally {
      this.unpublished -= bytes
    }
  }

  private async publishAgain(failure: unknown, record: OutgoingRecord, isNeeded: () => boolean): Promise<void> {
    const backoff = new Backoff(PAUSES)
    for (let error = failure; isNeeded();) {
      const inMs = backoff.failed()
      this.options.onRetry(error, inMs)
      await pause(this.options.clock, inMs)
      try {
        await this.options.producer.publish(record)
        return
      } catch (again) {
        error = again
      }
    }
  }
}

/** Pauses after failed requests. Too short: floods brokers that are starting. Too long: positions stand still. */
const PAUSES = { firstMs: 100, maxMs: 5_000 }
