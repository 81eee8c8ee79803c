import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { describedAs, message, name, NULL, row, text, uint32, uint64, uint8 } from './pgoutput-bytes.fixture.js'
import { PgoutputDecoder } from './pgoutput-decoder.js'

const COLUMNS = ['id', 'day', 'note', 'size']
const ROOT = 1
const ROOT_TABLE = describedAs({ oid: ROOT, table: 'ev', identity: 'f', columns: COLUMNS, key: COLUMNS })
const partition = (oid: number, key: readonly string[] = COLUMNS) =>
  describedAs({ oid, table: `ev_${oid}`, identity: key === COLUMNS ? 'f' : 'd', columns: COLUMNS, key })
const KEY = ['id', 'day']
const values = (...all: (string | null)[]) => row(...all.map((value) => (value === null ? NULL : text(value))))
const deleted = (...all: (string | null)[]) => message('D', uint32(ROOT), Buffer.from('O'), values(...all))
const inserted = (oid = ROOT) => message('I', uint32(oid), Buffer.from('N'), values('1', 'd', 'n', 's'))
const TYPE = message('Y', uint32(70_000), name('public'), name('mood'))

/** The old row of the last of these messages. */
function oldRowOf(...messages: Buffer[]) {
  const decoder = new PgoutputDecoder()
  const last = messages.map((bytes) => decoder.decode(bytes)).at(-1)
  if (last?.tag !== 'delete' && last?.tag !== 'update') throw new Error('no old row')
  return { before: last.before, withoutFull: last.withoutFull?.map(({ table }) => table) }
}

const whole = (...all: (string | null)[]) => ({ before: new Map(COLUMNS.map((column, i) => [column, all[i] ?? null])) })

describe('the old row of a partition', () => {
  it('is not taken for whole when the partition lacks FULL, although its root has it', () => {
    expect(oldRowOf(ROOT_TABLE, partition(2, KEY), deleted('1', 'd', null, null))).toEqual({
      before: null,
      withoutFull: ['ev_2'],
    })
  })

  it('is not taken for whole in an update of its key', () => {
    const update = message('U', uint32(ROOT), Buffer.from('O'), values('1', 'd', null, null), Buffer.from('N'))
    expect(oldRowOf(ROOT_TABLE, partition(2, KEY), Buffer.concat([update, values('2', 'd', 'n', 's')]))).toEqual({
      before: null,
      withoutFull: ['ev_2'],
    })
  })

  it('is whole when it holds what no partition without FULL could have logged', () => {
    expect(oldRowOf(ROOT_TABLE, partition(2, KEY), inserted(), deleted('1', 'd', 'n', null))).toEqual(
      whole('1', 'd', 'n', null),
    )
  })

  it('is whole when every partition that was described has FULL, whatever is null', () => {
    expect(oldRowOf(ROOT_TABLE, partition(2), inserted(), deleted('1', 'd', null, null))).toEqual(
      whole('1', 'd', null, null),
    )
  })

  it('of any partition is in doubt while one partition lacks FULL, until that one is described with FULL', () => {
    const described = [ROOT_TABLE, partition(2, KEY), inserted(), TYPE, ROOT_TABLE, TYPE, partition(3), inserted()]
    const old = deleted('1', 'd', null, null)
    expect(oldRowOf(...described, old)).toEqual({ before: null, withoutFull: ['ev_2'] })
    expect(oldRowOf(...described, ROOT_TABLE, partition(2), inserted(), old)).toEqual(whole('1', 'd', null, null))
  })

  it('must hold a value outside the key of each partition that lacks FULL', () => {
    const described = [ROOT_TABLE, partition(2, KEY), inserted(), ROOT_TABLE, partition(3, ['day', 'note']), inserted()]
    expect(oldRowOf(...described, deleted('1', 'd', 'n', null))).toEqual(whole('1', 'd', 'n', null))
    expect(oldRowOf(...described, deleted('1', 'd', null, null))).toEqual({ before: null, withoutFull: ['ev_2'] })
    expect(oldRowOf(...described, deleted(null, 'd', 'n', null))).toEqual({ before: null, withoutFull: ['ev_3'] })
  })

  it('that was not logged at all is reported with the partitions that lack FULL', () => {
    const update = message('U', uint32(ROOT), Buffer.from('N'), values('1', 'd', 'n', 's'))
    expect(oldRowOf(ROOT_TABLE, partition(2, KEY), update)).toEqual({ before: null, withoutFull: ['ev_2'] })
  })

  it('is not in doubt because of another table of one TRUNCATE, or of one that is described next to it', () => {
    const other = describedAs({ oid: 9, table: 'other', identity: 'd', columns: COLUMNS, key: KEY })
    const truncated = message('T', uint32(2), uint8(0), uint32(ROOT), uint32(9))
    const old = deleted('1', 'd', null, null)
    expect(oldRowOf(ROOT_TABLE, other, truncated, old)).toEqual(whole('1', 'd', null, null))
    expect(oldRowOf(ROOT_TABLE, other, inserted(9), old)).toEqual(whole('1', 'd', null, null))
    const begun = message('B', uint64(1n), uint64(1n), uint32(1))
    expect(oldRowOf(ROOT_TABLE, begun, other, inserted(9), old)).toEqual(whole('1', 'd', null, null))
  })

  it('is never taken for whole unless it is, whatever partitions come and are altered, in whatever order', () => {
    const column = fc.option(fc.constantFrom('x', 'y'))
    const key = fc.constantFrom(COLUMNS, KEY, ['day', 'note'], ['id'])
    const step = fc.record({
      partition: fc.integer({ min: 2, max: 4 }),
      key: fc.option(key),
      row: fc.tuple(column, column, column, column),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const decoder = new PgoutputDecoder()
        const keys = new Map<number, readonly string[]>()
        const described = new Set<number>()
        for (const { partition: oid, key: altered, row: all } of steps) {
          if (altered !== null || !keys.has(oid)) {
            keys.set(oid, altered ?? COLUMNS)
            described.delete(oid)
          }
          const logged = keys.get(oid) ?? COLUMNS
          if (!described.has(oid)) for (const bytes of [ROOT_TABLE, partition(oid, logged)]) decoder.decode(bytes)
          described.add(oid)
          const old = all.map((value, i) => (logged.includes(COLUMNS[i] ?? '') ? value : null))
          const change = decoder.decode(deleted(...old))
          if (change.tag !== 'delete') throw new Error()
          if (change.before) expect(change).toMatchObject(whole(...all))
          const isCertain = [...described].every((one) => keys.get(one) === COLUMNS)
          if (isCertain) expect(change.before).not.toBeNull()
        }
      }),
    )
  })
})
