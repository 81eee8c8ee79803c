import type { KafkaLogAdmin } from '@hooklane/kafka'

/** Where a group goes on in a topic, by partition: its commit, or the log's start where there is none or retention has passed it. */
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
