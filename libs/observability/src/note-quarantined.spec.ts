import { describe, expect, it } from '@jest/globals'
import { noteQuarantined, type Refused } from './note-quarantined.js'
import { Skips } from './skips.js'

const refused = (offset: bigint, reason: string, key: string | null = 'cmp_7'): Refused => ({
  record: { topic: 'events', partition: 3, offset, key: key === null ? null : Buffer.from(key) },
  reason,
})

describe('records that went into quarantine', () => {
  it('are noted by reason, with the place of the last one, and for unknown companies also by company', () => {
    const skips = new Skips({ warn: () => undefined, error: () => undefined })
    noteQuarantined(
      skips,
      [
        refused(1n, 'schema:/entity/id'),
        refused(2n, 'unknown_company', 'cmp_8'),
        refused(3n, 'unknown_company', 'cmp_9'),
        refused(4n, 'schema:/type'),
        refused(5n, 'unknown_company', 'cmp_8'),
        refused(6n, 'empty', null),
      ],
      { level: 'warn', message: 'records went into quarantine' },
    )
    const told = skips
      .report()
      .skipped.map(({ from, what, reason, count, lastKey }) => [from, what, reason, count, lastKey])
    expect(told.reverse()).toEqual([
      ['events', null, 'schema', 2, 'partition 3 offset 4, key cmp_7, /type'],
      ['events', 'cmp_8', 'unknown_company', 2, 'partition 3 offset 5, key cmp_8'],
      ['events', 'cmp_9', 'unknown_company', 1, 'partition 3 offset 3, key cmp_9'],
      ['events', null, 'empty', 1, 'partition 3 offset 6'],
    ])
  })
})
