import { describe, expect, it } from '@jest/globals'
import { partitionOfKey } from '@hooklane/core/kernel'
import { isPublished } from './published-positions.js'

const PARTITIONS = 4
const record = (position: string | undefined) => ({
  topic: 'events',
  key: 'c-1',
  value: '{}',
  ...(position === undefined ? {} : { headers: { 'hooklane-position': position } }),
})
const own = partitionOfKey(Buffer.from('c-1'), PARTITIONS)

describe('whether a record is published', () => {
  it.each([
    ['what the mark says is published, whatever the topic still holds', '0002', { known: '0002', last: null }, true],
    ['behind the mark, its own partition decides', '0003', { known: '0002', last: '0003' }, true],
    ['a later one is not', '0004', { known: '0002', last: '0003' }, false],
    ['a partition that holds nothing behind the mark holds nothing', '0003', { known: '0002', last: null }, false],
    ['a record without a position never is', undefined, { known: '0002', last: '0003' }, false],
  ])('%s', (_, position, { known, last }, expected) => {
    const positions = new Map(last === null ? [] : [[own, { position: last, transactionId: null }]])
    expect(isPublished(record(position), { positions, partitions: PARTITIONS, known })).toBe(expected)
  })
})
