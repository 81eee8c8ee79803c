import type { TopicSpec } from '@hooklane/contracts/records'
import { TopicAdmin, type KafkaClient } from '@hooklane/kafka'
import { eventually } from '@hooklane/testing'

/** Creating takes milliseconds; the rest is for a machine that does a lot besides. */
const SERVED_WITHIN = { withinMs: 60_000, everyMs: 50 }

/** A topic with settings that the product does not use. */
export interface TestTopic {
  readonly name: string
  readonly partitions: number
  /** By their names in Kafka. */
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

/** Creates a topic with settings of the test's own, and resolves when producers and consumers can use it. */
export async function makeTopic(client: KafkaClient, { name, partitions, config }: TestTopic): Promise<void> {
  const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }))
  const admin = client.kafka.admin()
  await admin.connect()
  try {
    // The client would wait for leaders, but fail on a broker that has not heard of the topic yet.
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
 * That a topic was created means that the controller knows it. Brokers hear of it afterwards, and a broker that is named as the leader of a
 * partition may not lead it yet. So each leader is asked for the ends of its partitions, which it answers only when it reads and writes them.
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
