import { Backoff, pause, type Clock, type LogProducer, type OutgoingRecord } from '@hooklane/core/kernel'

export interface PublisherOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly producer: LogProducer
  readonly onRetry: (error: unknown, inMs: number) => void
}

/** Publishes what must not get lost: keeps trying until the log has the record, or nobody waits for it any more. */
export class Publisher {
  private unpublished = 0

  constructor(private readonly options: PublisherOptions) {}

  /** Bytes, roughly, of the records that the log does not have yet: while it is away attempts go on, and each leaves a record here. */
  get unpublishedBytes(): number {
    return this.unpublished
  }

  /** @param isNeeded asked before each further try: a session that is over leaves its records to its successor */
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

/** After a request that failed. Shorter floods brokers that start, longer keeps positions where they are. */
const PAUSES = { firstMs: 100, maxMs: 5_000 }
