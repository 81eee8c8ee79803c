import type { TopicSpec } from '@hooklane/contracts/records'
import { TopicAdmin, type KafkaClient } from '@hooklane/kafka'
import { eventually } from '@hooklane/testing'

/** How long brokers may take to serve a new topic. They usually take milliseconds; the limit is for a busy machine. */
const SERVED_WITHIN = { withinMs: 60_000, everyMs: 50 }

/** A topic whose settings the test chooses. */
export interface TestTopic {
  readonly name: string
  readonly partitions: number
  /** Settings of the topic, by their names in Kafka. */
  readonly config: Readonly<Record<string, string>>
}

/** Creates topics as the product does, and resolves when producers and consumers can use them. */
export async function makeTopics(client: KafkaClient, specs: readonly TopicSpec[]): Promise<void> {
  const faults = await new TopicAdmin(client).ensureTopics(specs, { replicationFactor: 1, create: true })
  if (faults.length > 0) throw new Error(faults.join('\n'))
  await served(
    client,
    specs.map(({ name }) => name),
  )
}

/** Creates a topic whose settings the test chooses, and resolves when producers and consumers can use it. */
export async function makeTopic(client: KafkaClient, { name, partitions, config }: TestTopic): Promise<void> {
  const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }))
  const admin = client.kafka.admin()
  await admin.connect()
  try {
    // `waitForLeaders: true` would fail on a broker that does not know the topic yet.
    await admin.createTopics({
      topics: [{ topic: name, numPartitions: partitions, configEntries }],
      waitForLeaders: false,
    })
  } finally {
    await admin.disconnect()
  }
  await served(client, [name])
}

/**
 * Waits until topics can be used. After the creation of a topic, only the controller is sure to know it. Brokers learn of the topic later,
 * and a broker that the metadata names as the leader of a partition may not serve the partition yet. So this asks every leader for the end
 * offsets of its partitions, which a leader returns only when it serves them.
 */
async function served(client: KafkaClient, names: readonly string[]): Promise<void> {
  const admin = client.kafka.admin()
  await admin.connect()
  try {
    for (const name of names) await eventually(() => admin.fetchTopicOffsets(name), SERVED_WITHIN)
  } finally {
    await admin.disconnect()
  }
}
