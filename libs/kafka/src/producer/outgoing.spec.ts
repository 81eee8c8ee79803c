import { describe, expect, it } from '@jest/globals'
import { partitionOfKey } from '@hooklane/core/kernel'
import { assertAllWritten, BatchBuilder, MAX_BATCH_BYTES, MAX_BATCH_RECORDS, place, toBatch } from './outgoing.js'

const record = { topic: 't', key: 'cmp_1', value: 'v' }
const codeOf = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('placing a record', () => {
  it('takes the named partition, otherwise the one of the key', () => {
    expect(place({ ...record, partition: 2 }, 3).partition).toBe(2)
    expect(place(record, 7).partition).toBe(partitionOfKey(Buffer.from('cmp_1'), 7))
  })

  it('refuses a partition that does not exist, and a record beyond the limit', () => {
    expect(codeOf(() => place({ ...record, partition: 3 }, 3))).toBe('UNKNOWN_PARTITION')
    expect(codeOf(() => place({ ...record, partition: -1 }, 3))).toBe('UNKNOWN_PARTITION')
    expect(codeOf(() => place({ ...record, value: 'ä'.repeat(500_001) }, 3))).toBe('RECORD_TOO_LARGE')
  })
})

describe('a request', () => {
  it('is full at its number of records, or at the bytes of one partition', () => {
    const many = new BatchBuilder()
    for (let n = 0; n < MAX_BATCH_RECORDS; n++) expect(many.add(place(record, 1))).toBe(true)
    expect(many.add(place(record, 1))).toBe(false)
    const half = { ...record, value: Buffer.alloc(MAX_BATCH_BYTES / 2) }
    const large = new BatchBuilder()
    expect(large.add(place({ ...half, partition: 0 }, 2))).toBe(true)
    expect(large.add(place({ ...half, partition: 0 }, 2))).toBe(false)
    expect(large.add(place({ ...half, partition: 1 }, 2))).toBe(true)
  })

  it('takes a single record that is larger than the limit of a request', () => {
    const builder = new BatchBuilder()
    expect(builder.add(place({ ...record, value: Buffer.alloc(MAX_BATCH_BYTES * 1.5) }, 1))).toBe(true)
    expect(builder.add(place(record, 1))).toBe(false)
  })

  it('keeps the order of each topic', () => {
    const placed = ['a', 'b', 'c', 'd'].map((value, n) => place({ ...record, topic: `t${n % 2}`, value }, 1))
    const values = toBatch(placed).topicMessages?.map(({ topic, messages }) => [topic, messages.map((m) => m.value)])
    expect(values).toEqual([
      ['t0', ['a', 'c']],
      ['t1', ['b', 'd']],
    ])
  })

  it('counts as written only when all of its partitions are in the answer', () => {
    const placed = [0, 1].map((partition) => place({ ...record, partition }, 2))
    const answer = [0, 1].map((partition) => ({ topicName: 't', partition, errorCode: 0 }))
    expect(codeOf(() => assertAllWritten(placed, answer))).toBeUndefined()
    expect(codeOf(() => assertAllWritten(placed, answer.slice(1)))).toBe('OUTCOME_UNKNOWN')
    expect(codeOf(() => assertAllWritten(placed, [answer[0]!, { ...answer[1]!, errorCode: 3 }]))).toBe(
      'OUTCOME_UNKNOWN',
    )
  })
})
