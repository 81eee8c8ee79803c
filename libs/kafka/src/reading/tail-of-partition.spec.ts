import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { LogRecord } from '@hooklane/core/kernel'
import { TailOfPartition } from './last-records.js'

const record = (offset: number): LogRecord => ({
  topic: 't',
  partition: 0,
  offset: BigInt(offset),
  key: null,
  value: null,
  headers: {},
  timestampMs: 0,
})

describe('the tail of a partition', () => {
  it('contains the last records of any log, however many offsets have no record and however fetches are split', () => {
    const log = fc.record({
      low: fc.nat(20),
      holds: fc.array(fc.boolean(), { maxLength: 300 }),
      count: fc.integer({ min: 0, max: 12 }),
      fetchSize: fc.integer({ min: 1, max: 40 }),
    })
    fc.assert(
      fc.property(log, ({ low, holds, count, fetchSize }) => {
        const high = low + holds.length
        const offsets = holds.flatMap((holdsRecord, n) => (holdsRecord ? [low + n] : []))
        const tail = new TailOfPartition({ partition: 0, low: BigInt(low), high: BigInt(high) }, count, () => true)
        for (let turns = 0; !tail.done; turns++) {
          expect(turns).toBeLessThan(2000)
          const from = Number(tail.next)
          const to = Math.min(high, from + fetchSize)
          tail.take({
            topic: 't',
            partition: 0,
            records: offsets.filter((offset) => offset >= from && offset < to).map(record),
            endOffset: BigInt(to),
            highWatermark: BigInt(high),
          })
        }
        const expected = count === 0 ? [] : offsets.slice(-count)
        expect(tail.records().map((found) => Number(found.offset))).toEqual(expected)
      }),
    )
  })
})
