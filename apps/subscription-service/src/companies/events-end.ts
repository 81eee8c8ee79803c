import { partitionOfKey } from '@hooklane/core/kernel'
import { LogError, type KafkaLogAdmin } from '@hooklane/kafka'

/**
 * Returns the end offset of the partition that holds a company's events. Every event below this offset was published before the call.
 * @throws EventsEndUnknown
 */
export type EventsEnd = (companyId: string) => Promise<bigint>

/** Thrown when Kafka does not answer, or when the topic `events` does not exist. */
export class EventsEndUnknown extends Error {
  readonly code = 'EVENTS_END_UNKNOWN'
  constructor(options?: { cause?: unknown }) {
    super('the offset at which the company’s events end cannot be read from Kafka', options)
    this.name = 'EventsEndUnknown'
  }
}

/** Returns a function that reads the offset from Kafka. @param topic the name of the topic `events` */
export function kafkaEventsEnd(admin: Pick<KafkaLogAdmin, 'offsets'>, topic: string): EventsEnd {
  return async (companyId) => {
    try {
      const partitions = await admin.offsets(topic)
      const partition = partitionOfKey(Buffer.from(companyId), partitions.length)
      const found = partitions.find((one) => one.partition === partition)
      if (!found) throw new LogError('UNKNOWN_PARTITION', `${topic} has no partition ${partition}`)
      return found.high
    } catch (cause) {
      throw new EventsEndUnknown({ cause })
    }
  }
}
