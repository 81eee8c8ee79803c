import { describe, expect, it } from '@jest/globals'
import type { LogConsumer, LogConsumerHandlers, LogProducer } from '@hooklane/core'
import { createRegistry, Skips, type Logger } from '@hooklane/observability'
import type { DeliveryLogWriter } from '@hooklane/postgres'
import { recorderMetrics } from './metrics.js'
import { Recorder } from './recorder.js'

const nothing = (): undefined => undefined
const done = () => Promise.resolve()
const logger = { debug: nothing, warn: nothing, error: nothing } as unknown as Logger

/** A recorder that has read one record which nobody can decode, with a Kafka that takes nothing. */
async function recorderWithoutKafka() {
  const seen = { writing: [] as boolean[], tries: 0 }
  let onTried: () => void = nothing
  const tried = new Promise<void>((resolve) => (onTried = resolve))
  let handlers: LogConsumerHandlers | null = null
  const consumer = {
    start: (given: LogConsumerHandlers) => {
      handlers = given
      return done()
    },
    stop: done,
    pause: nothing,
    commit: done,
  } as unknown as LogConsumer
  const producer = {
    publishAll: () => {
      seen.tries += 1
      onTried()
      return Promise.reject(new Error('Kafka is away'))
    },
  } as unknown as LogProducer
  const recorder = new Recorder({
    topicPrefix: 'test.',
    batchMax: 10,
    bufferMax: 100,
    consumer,
    producer,
    writer: { write: done } as unknown as DeliveryLogWriter,
    startOffsets: () => Promise.resolve(new Map()),
    metrics: recorderMetrics(createRegistry('test')),
    logger,
    skips: new Skips(logger),
    onCrash: nothing,
    onAssigned: nothing,
    onWriting: (works) => seen.writing.push(works),
    onHeartbeat: nothing,
  })
  await recorder.start()
  const at = { topic: 'test.attempts', partition: 0 }
  const record = { ...at, offset: 0n, key: null, value: Buffer.from('damaged'), headers: {}, timestampMs: 0 }
  const deliver = () => handlers?.onBatch({ ...at, records: [record], endOffset: 1n, highWatermark: 1n })
  return { recorder, seen, tried, deliver }
}

describe('a recorder that cannot put a record aside', () => {
  it('does not say that the database is at fault', async () => {
    const { recorder, seen, tried, deliver } = await recorderWithoutKafka()
    deliver()
    await tried
    await recorder.stop()
    expect(seen.tries).toBeGreaterThan(0)
    expect(seen.writing).not.toContain(false)
  })
})
