import { describe, expect, it } from '@jest/globals'
import type { LogBatch, LogRecord } from '@hooklane/core/kernel'
import { Backlog } from './backlog.js'

function batch(from: number, to: number, endOffset = to + 1, bytes = 10): LogBatch {
  const at = { topic: 'events', partition: 0 }
  const records: LogRecord[] = []
  for (let offset = from; offset <= to; offset++)
    records.push({ ...at, offset: BigInt(offset), key: null, value: Buffer.alloc(bytes), headers: {}, timestampMs: 0 })
  return { ...at, records, endOffset: BigInt(endOffset), highWatermark: BigInt(endOffset) }
}

const offsets = (backlog: Backlog) => backlog.records.map((record) => Number(record.offset))

describe('Backlog', () => {
  it('drops records that it has seen before or that lie below its start', () => {
    const backlog = new Backlog(5n)
    backlog.add(batch(3, 7))
    backlog.add(batch(5, 9))
    expect(offsets(backlog)).toEqual([5, 6, 7, 8, 9])
    backlog.drop(3)
    backlog.add(batch(5, 10))
    expect(offsets(backlog)).toEqual([8, 9, 10])
  })

  it('continues behind transaction markers that follow the last record', () => {
    const backlog = new Backlog(0n)
    backlog.add(batch(0, 3, 9))
    expect(backlog.next).toBe(9n)
  })

  it('returns the range that expired between two batches once, and files its replacement records behind the earlier batch', () => {
    const backlog = new Backlog(0n)
    backlog.add(batch(0, 3))
    expect(backlog.expiredBefore(batch(7, 9))).toBeNull()
    backlog.noteExpired()
    expect(backlog.expiredBefore(batch(7, 9))).toEqual({ from: 4n, to: 7n })
    expect(backlog.expiredBefore(batch(7, 9))).toBeNull()
    backlog.insert(batch(6, 6).records)
    backlog.add(batch(7, 9))
    expect(offsets(backlog)).toEqual([0, 1, 2, 3, 6, 7, 8, 9])
  })

  it('reports no expired range when it is sent back to records that it has', () => {
    const backlog = new Backlog(4n)
    backlog.noteExpired()
    expect(backlog.expiredBefore(batch(4, 9))).toBeNull()
    backlog.noteExpired()
    expect(backlog.expiredBefore(batch(2, 9))).toBeNull()
  })

  it('lags by the records that are filed and those that were not read yet', () => {
    const backlog = new Backlog(5n)
    expect(backlog.lag).toBe(0)
    backlog.add({ ...batch(5, 9), highWatermark: 30n })
    expect(backlog.lag).toBe(25)
    backlog.drop(3)
    expect(backlog.lag).toBe(22)
    backlog.add(batch(10, 29))
    backlog.drop(22)
    expect(backlog.lag).toBe(0)
  })

  it('is full by count or by bytes, and has room again at half of either limit', () => {
    const many = new Backlog(0n)
    many.add(batch(0, 3999))
    expect([many.isFull, many.hasRoom]).toEqual([true, false])
    many.drop(1500)
    expect([many.isFull, many.hasRoom]).toEqual([false, false])
    many.drop(500)
    expect(many.hasRoom).toBe(true)

    const large = new Backlog(0n)
    large.add(batch(0, 33, 34, 512 * 1024))
    expect(large.isFull).toBe(true)
    large.drop(34)
    expect([large.isEmpty, large.hasRoom]).toEqual([true, true])
  })
})
