import { describe, expect, it } from '@jest/globals'
import type { LogConsumer, LogConsumerHandlers, LogProducer, LogRecord } from '@hooklane/core/kernel'
import { consumerMetrics, createRegistry, Skips, type Logger } from '@hooklane/observability'
import { ConsumerHost } from '@hooklane/kafka/host'
import { RefusedByLog, type DeliveryLogWriter } from '@hooklane/postgres'
import { systemClock } from '@hooklane/runtime'
import { eventually } from '@hooklane/testing'
import { BatchRecording } from './batches/batch-recording.js'
import type { Entry } from './batches/decode-entry.js'
import { recorderMetrics } from './metrics.js'
import { Recorder } from './recorder.js'

const nothing = (): undefined => undefined
const WITHIN = { withinMs: 30_000 }
const done = () => Promise.resolve()
const logger = { debug: nothing, warn: nothing, error: nothing } as unknown as Logger

interface Outside {
  /** Writes a batch of entries to the database. */
  readonly write?: (entries: readonly Entry[]) => Promise<void>
  readonly publishAll?: () => Promise<void>
}

/** A recorder with a consumer that the test controls, and with the given database and producer. */
async function recorderWith({ write = done, publishAll = done }: Outside) {
  const seen = { writing: [] as boolean[], pauses: 0, failures: 0 }
  let handlers: LogConsumerHandlers | null = null
  const consumer = {
    start: (given: LogConsumerHandlers) => {
      handlers = given
      return done()
    },
    stop: done,
    pause: () => {
      seen.pauses += 1
    },
    resume: nothing,
    commit: done,
  } as unknown as LogConsumer
  const registry = createRegistry('test')
  const metrics = recorderMetrics(registry)
  const host = new ConsumerHost({ group: 'recorder', consumer, clock: systemClock, onCrash: nothing })
  const recorder = new Recorder({
    host,
    batchMax: 10,
    bufferMax: 100,
    recording: new BatchRecording({
      quarantine: 'test.quarantine',
      producer: { publishAll } as unknown as LogProducer,
      writer: { write } as unknown as DeliveryLogWriter,
      metrics,
      consumers: consumerMetrics(registry),
      group: 'recorder',
      skips: new Skips(logger),
      onWriteOutcome: (succeeded) => seen.writing.push(succeeded),
    }),
    startOffsets: () => Promise.resolve(new Map()),
    clock: systemClock,
    metrics,
    logger,
    onReading: nothing,
  })
  await host.start(recorder)
  const deliver = (records: readonly Pick<LogRecord, 'value' | 'headers'>[]) => {
    const at = { topic: 'test.attempts', partition: 0 }
    void handlers?.onBatch({
      ...at,
      records: records.map((record, n) => ({ ...at, ...record, offset: BigInt(n), key: null, timestampMs: 0 })),
      endOffset: BigInt(records.length),
      highWatermark: BigInt(records.length),
    })
  }
  return { host, seen, deliver }
}

const damaged = (value: Buffer) => ({ value, headers: {} })

const settlement = (sequence: number) => ({
  value: Buffer.from(
    JSON.stringify({
      companyId: 'cmp_1',
      appId: 'app_1',
      workerGroup: 'shared-webhook',
      subscriptionId: 'sub_1',
      subscriptionVersion: '1',
      deliveryId: `msg_${sequence}`,
      sequence,
      source: { topic: 'events', partition: 0, offset: '1' },
      position: null,
      eventId: 'evt_1',
      eventType: 'products.updated',
      entity: { type: 'product', id: '1' },
      routedAt: '2026-03-02T08:15:04.190Z',
      mode: 'live',
      ownerEpoch: '1',
      attemptId: `att_${sequence}`,
      at: '2026-03-02T08:15:05.190Z',
      status: 'filtered',
      reason: 'deleted',
    }),
  ),
  headers: { 'hooklane-schema': Buffer.from('settlement/1') },
})

describe('a recorder', () => {
  it('does not report a database failure when a record cannot be put into quarantine', async () => {
    let tries = 0
    const { host, seen, deliver } = await recorderWith({
      publishAll: () => {
        tries += 1
        return Promise.reject(new Error('Kafka is away'))
      },
    })
    deliver([damaged(Buffer.from('damaged'))])
    await eventually(() => expect(tries).toBeGreaterThan(1), WITHIN)
    await host.stop()
    expect(seen.writing).not.toContain(false)
  })

  it('does not report a working database while only the first half of a batch is written each time', async () => {
    let isAway = true
    let tries = 0
    const { host, seen, deliver } = await recorderWith({
      write: (entries) => {
        if (entries.length > 2) return Promise.reject(new RefusedByLog('22003'))
        const isSecondHalf = entries.some(({ record }) => record.sequence === 4)
        if (isSecondHalf) tries += 1
        return isSecondHalf && isAway ? Promise.reject(new Error('away')) : done()
      },
    })
    deliver([1, 2, 3, 4].map(settlement))
    await eventually(() => expect(tries).toBeGreaterThan(2), WITHIN)
    expect(seen.writing).not.toContain(true)
    isAway = false
    await eventually(() => expect(seen.writing.at(-1)).toBe(true), WITHIN)
    await host.stop()
  })

  it('stops reading when the held records are large, however few they are', async () => {
    const { host, seen, deliver } = await recorderWith({
      publishAll: () => Promise.reject(new Error('Kafka is away')),
    })
    const megabyte = Buffer.alloc(1024 * 1024)
    deliver(Array.from({ length: 60 }, () => damaged(megabyte)))
    expect(seen.pauses).toBe(0)
    deliver(Array.from({ length: 10 }, () => damaged(megabyte)))
    expect(seen.pauses).toBe(1)
    await host.stop()
  })
})
