import { partitionOfKey } from '@hooklane/core/kernel'
import { LogError, type KafkaLogAdmin } from '@hooklane/kafka'

/**
 * The offset of the next event of a company: what stands below it was published before now.
 * @throws EventsEndUnknown
 */
export type EventsEnd = (companyId: string) => Promise<bigint>

/** Kafka does not answer, or has no topic `events`. */
export class EventsEndUnknown extends Error {
  readonly code = 'EVENTS_END_UNKNOWN'
  constructor(options?: { cause?: unknown }) {
    super('Kafka does not say where the company’s events end', options)
    this.name = 'EventsEndUnknown'
  }
}

/** As Kafka has it. @param topic of the events */
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
