import type { LogProducer, OutgoingRecord } from '@hooklane/core'

export interface PublisherOptions {
  readonly producer: LogProducer
  readonly onRetry: (error: unknown, inMs: number) => void
}

/** Publishes what must not get lost: keeps trying until the log has the record, or nobody waits for it any more. */
export class Publisher {
  constructor(private readonly options: PublisherOptions) {}

  /** @param isNeeded asked before each further try: a session that is over leaves its records to its successor */
  async publish(record: OutgoingRecord, isNeeded: () => boolean): Promise<void> {
    for (let inMs = FIRST_RETRY_MS; ; inMs = Math.min(inMs * 2, LONGEST_RETRY_MS)) {
      try {
        await this.options.producer.publish(record)
        return
      } catch (error) {
        if (!isNeeded()) return
        this.options.onRetry(error, inMs)
        await new Promise((resolve) => setTimeout(resolve, inMs))
      }
    }
  }
}

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5_000
