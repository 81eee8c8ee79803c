import { describe, expect, it } from '@jest/globals'
import type { ProducerBatch, RecordMetadata } from 'kafkajs'
import type { KafkaClient } from '../client/kafka-client.js'
import { SingleFlightProducer } from './single-flight-producer.js'

type Answer = (batch: ProducerBatch) => Promise<RecordMetadata[]>

const written: Answer = (batch) =>
  Promise.resolve(
    (batch.topicMessages ?? []).flatMap(({ topic, messages }) =>
      messages.map(({ partition = 0 }) => ({ topicName: topic, partition, errorCode: 0 })),
    ),
  )

/** A cluster with one partition per topic and scripted answers; after the script it writes everything. */
function cluster(...answers: Answer[]) {
  const log: string[] = []
  const state = { producers: 0, out: 0, maxInFlight: 0 }
  const producer = () => {
    state.producers++
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      sendBatch: async (batch: ProducerBatch) => {
        state.maxInFlight = Math.max(state.maxInFlight, ++state.out)
        await new Promise((resolve) => setImmediate(resolve))
        try {
          const answer = await (answers.shift() ?? written)(batch)
          log.push(...(batch.topicMessages ?? []).flatMap(({ messages }) => messages.map((m) => String(m.value))))
          return answer
        } finally {
          state.out--
        }
      },
    }
  }
  const admin = () => ({
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    fetchTopicMetadata: ({ topics }: { topics: string[] }) =>
      Promise.resolve({ topics: topics.map((name) => ({ name, partitions: [{ partitionId: 0 }] })) }),
  })
  const quiet = () => undefined
  const client = {
    kafka: { producer },
    impatientKafka: { admin },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  } as unknown as KafkaClient
  return { log, state, producer: new SingleFlightProducer(client) }
}

const record = (value: string) => ({ topic: 't', key: 'k', value })
const codes = (results: PromiseSettledResult<void>[]) =>
  results.map((r) => (r.status === 'rejected' ? (r.reason as { code: string }).code : 'written'))

describe('single flight', () => {
  it('never has two requests in flight; records that arrive in the meantime are sent together, in order', async () => {
    const { log, state, producer } = cluster()
    const values = Array.from({ length: 1200 }, (_, n) => String(n))
    await Promise.all(
      values.map(async (value, n) => {
        for (let turn = 0; turn < n % 3; turn++) await Promise.resolve()
        await producer.publish(record(value))
      }),
    )
    expect(state.maxInFlight).toBe(1)
    expect([...log].sort()).toEqual([...values].sort())
  })

  it('after a failure no record overtakes another: the queue is rejected too, and a new producer takes over', async () => {
    const { log, state, producer } = cluster(() => Promise.reject(new Error('the connection was lost')))
    const first = Array.from({ length: 500 }, (_, n) => producer.publish(record(`first ${n}`)))
    const second = producer.publish(record('second'))
    const results = await Promise.allSettled([...first, second])
    expect(codes(results.slice(0, 500))).toEqual(first.map(() => 'OUTCOME_UNKNOWN'))
    expect(codes(results.slice(500))).toEqual(['NOT_SENT'])
    await producer.publish(record('again'))
    expect(log).toEqual(['again'])
    expect(state.producers).toBe(2)
  })

  it('a partition that is missing from the answer counts as a failure', async () => {
    const { producer } = cluster(() => Promise.resolve([]))
    await expect(producer.publish(record('lost'))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  })

  it('reports for how long a request has been in flight', async () => {
    let answer = (_: RecordMetadata[]): void => undefined
    const { producer } = cluster(() => new Promise((resolve) => (answer = resolve)))
    expect(producer.stalledForMs()).toBe(0)
    const published = producer.publish(record('slow'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(producer.stalledForMs()).toBeGreaterThan(5)
    answer([{ topicName: 't', partition: 0, errorCode: 0 }])
    await published
    await producer.close()
    expect(producer.stalledForMs()).toBe(0)
  })

  it('closing does not wait for ever: records still in flight then have an unknown outcome', async () => {
    const { producer } = cluster(() => new Promise(() => undefined))
    const out = producer.publish(record('out'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    const queued = producer.publish(record('queued'))
    const [results] = await Promise.all([Promise.allSettled([out, queued]), producer.close(10)])
    expect(codes(results)).toEqual(['OUTCOME_UNKNOWN', 'CLOSED'])
  })
})
