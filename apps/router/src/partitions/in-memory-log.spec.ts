import { describeLogConsumerContract, describeRouterLogContract } from '@hooklane/testing'
import { EVENTS, InMemoryConsumer, InMemoryRouterLog } from './in-memory-log.fixture.js'

const TOPIC = 't.written'
const MISSING = 't.missing'

describeRouterLogContract('InMemoryRouterLog', () => {
  const log = new InMemoryRouterLog()
  log.missingTopics.add(MISSING)
  return Promise.resolve({
    log,
    topic: TOPIC,
    missingTopic: MISSING,
    appendEvents: (partition, count) => {
      for (let n = 0; n < count; n++) log.append({ ...EVENTS, partition, key: null, value: 'event' })
      return Promise.resolve()
    },
    written: () => log.records({ topic: TOPIC, partition: 0 }).map(({ value }) => String(value)),
    close: () => Promise.resolve(),
  })
})

describeLogConsumerContract('InMemoryConsumer', () => {
  const log = new InMemoryRouterLog()
  const consumer = new InMemoryConsumer(log)
  const { topic } = EVENTS
  const assign = () => consumer.assign({ topic, partition: 0 }, { topic, partition: 1 })
  return Promise.resolve({
    consumer,
    topic,
    start: async (handlers) => {
      await consumer.start(handlers)
      assign()
    },
    rebalance: () => {
      assign()
      return Promise.resolve()
    },
    commit: (partition, offset) => consumer.commit([{ topic, partition, offset }]),
    append: (partition, values) => {
      for (const value of values) log.append({ topic, partition, key: null, value })
      return Promise.resolve()
    },
    close: () => consumer.stop(),
  })
})
