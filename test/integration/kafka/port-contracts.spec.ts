import { describe } from '@jest/globals'
import { topicNames } from '@hooklane/contracts/records'
import { describeLogConsumerContract, describeRouterLogContract } from '@hooklane/testing'
import { KafkaRouterLog } from '../../../apps/router/src/composition/kafka-router-log.js'
import { collect, eventually, kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
let made = 0
const suffixOfNext = (): string => `contract-${++made}.`

/** Creates a topic by its whole name. */
const make = (name: string, partitions: number) => kafka.topic(name.slice(kafka.name('').length), partitions)

describe('on Kafka', () => {
  describeRouterLogContract('KafkaRouterLog', async () => {
    const prefix = kafka.name(suffixOfNext())
    const topics = topicNames(prefix)
    await make(topics.events, 2)
    const topic = await make(`${prefix}written`, 1)
    const producer = kafka.producer()
    const reader = kafka.consumer({ group: `${prefix}reader`, topics: [topic] })
    const read = await collect(reader)
    return {
      log: new KafkaRouterLog(kafka.client, topics),
      topic,
      missingTopic: `${prefix}missing`,
      appendEvents: (partition, count) =>
        producer.publishAll(
          Array.from({ length: count }, () => ({ topic: topics.events, partition, key: null, value: 'e' })),
        ),
      written: () => read.values(),
      close: () => reader.stop(),
    }
  })

  describeLogConsumerContract('KafkaLogConsumer', async () => {
    const suffix = suffixOfNext()
    const topic = await kafka.topic(suffix, 2)
    const group = kafka.name(`${suffix}group`)
    const options = { group, topics: [topic], rebalanceTimeoutMs: 5_000 }
    const producer = kafka.producer()
    const consumer = kafka.consumer(options)
    const holdsBoth = () =>
      eventually(() => {
        if (consumer.assigned().length !== 2) throw new Error('not all partitions are assigned')
      })
    return {
      consumer,
      topic,
      start: async (handlers) => {
        await consumer.start(handlers)
        await holdsBoth()
      },
      rebalance: async () => {
        const other = kafka.consumer(options)
        await other.start({ onAssigned: () => undefined, onBatch: () => undefined, onCrash: () => undefined })
        await other.stop()
        await holdsBoth()
      },
      commit: async (partition, offset) => {
        const admin = kafka.client.kafka.admin()
        await admin.connect()
        await admin.setOffsets({ groupId: group, topic, partitions: [{ partition, offset: String(offset) }] })
        await admin.disconnect()
      },
      append: (partition, values) =>
        producer.publishAll(values.map((value) => ({ topic, partition, key: null, value }))),
      close: () => consumer.stop(),
    }
  })
})
