import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import './kafkajs.js'

interface Runner {
  start: () => Promise<void>
  stop: () => Promise<void>
  fetch: (nodeId: number) => Promise<readonly unknown[]>
}

const patched = createRequire(import.meta.url)('kafkajs/src/consumer/runner') as new (options: object) => Runner

const nothing = (): undefined => undefined
const done = () => Promise.resolve()
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}

/** A consumer whose only broker is gone, and a function that brings the broker back. */
function readerWithoutBroker() {
  let nodes: readonly number[] = []
  let onBrokers: () => void = nothing
  const brokers = new Promise<void>((resolve) => (onBrokers = resolve))
  const logger = { namespace: () => logger, debug: nothing, info: nothing, warn: nothing, error: nothing }
  const fetches = { count: 0 }
  const runner = new patched({
    logger,
    concurrency: 1,
    retry: {},
    instrumentationEmitter: { emit: nothing },
    eachBatch: done,
    onCrash: nothing,
    consumerGroup: {
      connect: done,
      joinAndSync: done,
      leave: done,
      heartbeat: done,
      getNodeIds: () => nodes,
      fetch: () => new Promise((resolve) => setImmediate(() => resolve([]))),
      cluster: { refreshMetadata: () => brokers },
    },
  })
  const fetch = runner.fetch.bind(runner)
  runner.fetch = (nodeId) => {
    fetches.count += 1
    // Without this, an endless loop would keep the test from ending.
    if (fetches.count > 1000) throw new RangeError('fetched without end')
    return fetch(nodeId)
  }
  const comeBack = () => {
    nodes = [1]
    onBrokers()
  }
  return { runner, fetches, comeBack }
}

describe('a consumer that knows no broker', () => {
  it('reads on when a broker is back', async () => {
    const { runner, fetches, comeBack } = readerWithoutBroker()
    await runner.start()
    await turns(3)
    expect(fetches.count).toBe(0)
    comeBack()
    await turns(5)
    expect(fetches.count).toBeGreaterThan(0)
    await runner.stop()
  })

  it('ends at once when it is stopped, and reads nothing when Kafka is back later', async () => {
    const { runner, fetches, comeBack } = readerWithoutBroker()
    await runner.start()
    await turns(3)
    await runner.stop()
    comeBack()
    await turns(5)
    expect(fetches.count).toBe(0)
  })

  it('does not start to read when Kafka is back while it is being stopped', async () => {
    const { runner, fetches, comeBack } = readerWithoutBroker()
    await runner.start()
    await turns(3)
    comeBack()
    await runner.stop()
    await turns(5)
    expect(fetches.count).toBe(0)
  })
})
