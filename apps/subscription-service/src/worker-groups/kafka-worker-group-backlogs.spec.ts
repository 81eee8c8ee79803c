import { topicNames } from '@hooklane/contracts/records'
import { processTimers } from '@hooklane/core/kernel'
import { WorkerGroupNotReady } from '@hooklane/core/worker-group'
import { LogError, type PartitionLag } from '@hooklane/kafka'
import { createLogger } from '@hooklane/observability'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { KafkaWorkerGroupBacklogs } from './kafka-worker-group-backlogs.js'
import { KafkaWorkerGroupTopics } from './kafka-worker-group-topics.js'

const NAMES = topicNames('hooklane.')

const lagOf = (...lags: number[]): readonly PartitionLag[] =>
  lags.map((lag, partition) => ({ topic: 't', partition, low: 0n, high: BigInt(lag), committed: 0n, lag: BigInt(lag) }))

function backlogsOf(lag: (group: string, topics: readonly string[]) => Promise<readonly PartitionLag[]>) {
  const asked: [string, readonly string[]][] = []
  let nowMs = 0
  const clock = { ...processTimers, monotonicMs: () => nowMs }
  const reader = {
    lag: (group: string, topics: readonly string[]) => {
      asked.push([group, topics])
      return lag(group, topics)
    },
  }
  const backlogs = new KafkaWorkerGroupBacklogs({
    admin: reader,
    names: NAMES,
    clock,
    logger: createLogger('test', 'fatal'),
  })
  return {
    asked,
    pass: (ms: number) => (nowMs += ms),
    of: async (group: string) => (await backlogs.of([group])).get(group),
  }
}

describe('backlogs of worker groups', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('the backlog is the lag of all partitions, each without the last transaction marker', async () => {
    const { of, asked } = backlogsOf(() => Promise.resolve(lagOf(0, 1, 5)))
    expect(await of('shared-webhook')).toEqual({ records: 4, reason: null })
    expect(asked).toEqual([['hooklane.shared-webhook', ['hooklane.deliveries.shared-webhook']]])
  })

  it('a result is shared by all requests for five seconds', async () => {
    const { of, asked, pass } = backlogsOf(() => Promise.resolve(lagOf(2)))
    await Promise.all([of('g'), of('g')])
    pass(4_999)
    await of('g')
    expect(asked).toHaveLength(1)
    pass(1)
    await of('g')
    expect(asked).toHaveLength(2)
  })

  it('a missing topic and an unavailable cluster give different reasons', async () => {
    const { of } = backlogsOf((group) =>
      Promise.reject(
        group.endsWith('missing') ? new LogError('UNKNOWN_TOPIC', 'x') : new Error('connect ECONNREFUSED'),
      ),
    )
    expect(await of('missing')).toEqual({ records: null, reason: 'TOPIC_MISSING' })
    expect(await of('away')).toEqual({ records: null, reason: 'KAFKA_UNAVAILABLE' })
  })

  it('a cluster that does not answer delays requests only briefly, gets one request, and its late result is used', async () => {
    let answer: (lags: readonly PartitionLag[]) => void = () => undefined
    const { of, asked, pass } = backlogsOf(() => new Promise((resolve) => (answer = resolve)))
    const first = of('g')
    await jest.advanceTimersByTimeAsync(2_000)
    expect(await first).toEqual({ records: null, reason: 'KAFKA_UNAVAILABLE' })
    pass(10_000)
    const second = of('g')
    await jest.advanceTimersByTimeAsync(0)
    expect(await second).toEqual({ records: null, reason: 'KAFKA_UNAVAILABLE' })
    expect(asked).toHaveLength(1)
    answer(lagOf(3))
    expect(await of('g')).toEqual({ records: 2, reason: null })
  })
})

describe('topics of worker groups', () => {
  const group = { name: 'dedicated-x', partitions: 1, slots: 0 }
  const ensuring = (error: Error) =>
    new KafkaWorkerGroupTopics({
      admin: { ensureTopics: () => Promise.reject(error), deleteTopics: () => Promise.resolve() },
      readers: { deleteUnusedGroups: () => Promise.resolve([]) },
      names: NAMES,
      replicationFactor: 1,
    }).ensure(group)

  it('the error says whether Kafka does not answer, or which topics must be created because Kafka denied it', async () => {
    const unanswered = new Error('connect ECONNREFUSED')
    const denied = Object.assign(new Error('denied'), { type: 'TOPIC_AUTHORIZATION_FAILED' })
    const refusal = (error: Error) => ensuring(error).catch((thrown: unknown) => thrown)
    for (const error of [unanswered, denied]) {
      expect(await refusal(error)).toBeInstanceOf(WorkerGroupNotReady)
    }
    await expect(ensuring(unanswered)).rejects.toThrow('Kafka does not answer')
    await expect(ensuring(denied)).rejects.toThrow(
      /topics that do not exist or have the wrong settings: hooklane\.deliveries\.dedicated-x \(1 partitions/,
    )
  })
})
