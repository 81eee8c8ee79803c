import type { KafkaLogAdmin } from '@hooklane/kafka'

/**
 * Start offsets of a topic by partition: the committed offset of the group, or the start of the log if no offset is committed or the
 * committed one has expired.
 */
export async function kafkaStartOffsets(
  admin: KafkaLogAdmin,
  group: string,
  topic: string,
): Promise<ReadonlyMap<number, bigint>> {
  const [offsets, committed] = await Promise.all([admin.offsets(topic), admin.committedOffsets(group, topic)])
  return new Map(
    offsets.map(({ partition, low }) => {
      const at = committed.get(partition) ?? null
      return [partition, at === null || at < low ? low : at]
    }),
  )
}
