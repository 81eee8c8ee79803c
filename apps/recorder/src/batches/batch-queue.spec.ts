import { describe, expect, it } from '@jest/globals'
import { processTimers, type LogRecord } from '@hooklane/core/kernel'
import { BatchQueue, endsOf, type Waiting } from './batch-queue.js'

const waiting = (offset: number, partition = 0, bytes = 0): Waiting => ({
  at: {
    topic: 'attempts',
    partition,
    offset: BigInt(offset),
    key: null,
    value: bytes === 0 ? null : Buffer.alloc(bytes),
    headers: {},
    timestampMs: 0,
  } satisfies LogRecord,
  entry: null,
  reason: 'test',
})

function writerOver(write: (batch: readonly Waiting[]) => Promise<void>, lingerMs = 0) {
  const seen = { committed: [] as string[], pauses: [] as number[] }
  const writer = new BatchQueue({
    clock: processTimers,
    batchMax: 3,
    batchMaxBytes: 1_000,
    lingerMs,
    write,
    commit: (offsets) => {
      seen.committed.push(...offsets.map((o) => `${o.partition}:${o.offset}`))
      return Promise.resolve()
    },
    onFailure: (_error, retryInMs) => seen.pauses.push(retryInMs),
    onWritten: () => undefined,
  })
  return { writer, seen }
}

describe('BatchQueue', () => {
  it('writes everything in order, in batches of at most the given size', async () => {
    const batches: string[][] = []
    const { writer } = writerOver((batch) => {
      batches.push(batch.map((one) => String(one.at.offset)))
      return Promise.resolve()
    })
    writer.add([1, 2, 3, 4].map((offset) => waiting(offset)))
    writer.add([waiting(5)])
    await writer.stop()
    expect(batches).toEqual([
      ['1', '2', '3'],
      ['4', '5'],
    ])
    expect(writer.size).toBe(0)
  })

  it('writes batches of at most the given bytes, and a larger record alone', async () => {
    const batches: string[][] = []
    const { writer } = writerOver((batch) => {
      batches.push(batch.map((one) => String(one.at.offset)))
      return Promise.resolve()
    })
    writer.add([400, 500, 200, 3_000, 900, 100].map((bytes, offset) => waiting(offset, 0, bytes)))
    expect(writer.bytes).toBe(5_100)
    await writer.stop()
    expect(batches).toEqual([['0', '1'], ['2'], ['3'], ['4', '5']])
    expect(writer.bytes).toBe(0)
  })

  it('backs off for longer after each failure of a batch, and starts over once the batch was written', async () => {
    let failures = 3
    const { writer, seen } = writerOver(() => (failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve()))
    writer.add([waiting(1)])
    while (writer.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    failures = 1
    writer.add([waiting(2)])
    while (writer.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(seen.pauses).toEqual([100, 200, 400, 100])
  })

  it('writes records that arrive in several pieces as one batch', async () => {
    const batches: number[] = []
    const { writer } = writerOver((batch) => {
      batches.push(batch.length)
      return Promise.resolve()
    }, 20)
    writer.add([waiting(1)])
    await new Promise((resolve) => setImmediate(resolve))
    writer.add([waiting(7, 1)])
    while (writer.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(batches).toEqual([2])
  })

  it('does not linger when it is stopped, and writes the records that it holds', async () => {
    const { writer, seen } = writerOver(() => Promise.resolve(), 2 ** 30)
    writer.add([waiting(1)])
    await writer.stop()
    expect(seen.committed).toEqual(['0:2'])
  })

  it('retries a batch that failed, and commits only after it was written', async () => {
    let failures = 2
    const { writer, seen } = writerOver(() => (failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve()))
    writer.add([waiting(1), waiting(9, 1)])
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen.committed).toEqual([])
    while (writer.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await writer.stop()
    expect(seen).toEqual({ committed: ['0:2', '1:10'], pauses: [100, 200] })
  })

  it('gives up records that cannot be written when it is stopped', async () => {
    const { writer, seen } = writerOver(() => Promise.reject(new Error('away')))
    writer.add([waiting(1)])
    await writer.stop()
    expect(seen.committed).toEqual([])
    expect(writer.size).toBe(1)
  })

  it('returns the end offset of each partition', () => {
    expect(endsOf([waiting(1), waiting(7, 2), waiting(4)])).toEqual([
      { topic: 'attempts', partition: 0, offset: 5n },
      { topic: 'attempts', partition: 2, offset: 8n },
    ])
  })
})
