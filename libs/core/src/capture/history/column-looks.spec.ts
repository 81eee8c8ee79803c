import { describe, expect, it } from '@jest/globals'
import {
  columnHistoryFromJson,
  hiddenColumns,
  NO_COLUMN_HISTORY,
  omitColumns,
  withoutPlacesOfLooks,
  type ColumnHistory,
} from './column-history.js'

interface Look {
  readonly columns: Readonly<Record<string, number>>
  readonly endLsn: bigint
  readonly omit: readonly string[]
  /** Default: the same as `endLsn`. */
  readonly startLsn?: bigint
}

const after = (looks: readonly Look[], history = NO_COLUMN_HISTORY): ColumnHistory =>
  looks.reduce(
    (known, { columns, endLsn, omit, startLsn = endLsn }) =>
      omitColumns(known, { present: new Map(Object.entries(columns)), startLsn, endLsn }, omit),
    history,
  )
const shown = (history: ColumnHistory, logged: readonly string[], lsn: bigint | null, omit: readonly string[] = []) => {
  const hidden = hiddenColumns(history, { logged, lsn }, omit)
  return logged.filter((name) => !hidden.has(name))
}

describe('a row shows no omitted column whose name another one has now', () => {
  it('when a column that was never seen makes later columns a better match', () => {
    const history = after([
      { columns: { id: 1, c: 2 }, endLsn: 10n, omit: ['c'] },
      { columns: { id: 1, c: 3 }, endLsn: 50n, omit: [] },
      { columns: { id: 1, c: 3, a: 4 }, endLsn: 60n, omit: [] },
    ])
    expect(shown(history, ['id', 'c', 'a'], 20n)).not.toContain('c')
    expect(shown(history, ['id', 'c', 'a'], null)).not.toContain('c')
    expect(shown(history, ['id', 'c', 'a'], 70n)).toEqual(['id', 'c', 'a'])
  })

  it('when it is older than the first look', () => {
    const history = after([
      { columns: { id: 1, b: 2, note: 5, tmp: 7 }, endLsn: 100n, omit: ['note'] },
      { columns: { id: 1, b: 2, secret: 5, note: 7 }, endLsn: 110n, omit: ['secret'] },
      { columns: { id: 1, b: 2, note: 7 }, endLsn: 120n, omit: ['secret'] },
      { columns: { id: 1, b: 2 }, endLsn: 130n, omit: ['secret'] },
    ])
    expect(shown(history, ['id', 'b', 'note'], 50n, ['secret'])).toEqual(['id', 'b'])
    expect(shown(history, ['id', 'b', 'note'], null, ['secret'])).toEqual(['id', 'b'])
  })

  it('when looks whose times overlap are noted in the wrong order', () => {
    const history = after([
      { columns: { id: 1 }, endLsn: 5n, omit: ['note'] },
      { columns: { id: 1, note: 5 }, endLsn: 20n, omit: ['note'] },
      { columns: { id: 1 }, startLsn: 9n, endLsn: 10n, omit: ['note'] },
      { columns: { id: 1, note: 6 }, endLsn: 50n, omit: [] },
    ])
    expect(shown(history, ['id', 'note'], 30n)).toEqual(['id'])
    expect(shown(history, ['id', 'note'], 60n)).toEqual(['id', 'note'])
  })

  it('when the log is another one, and its LSNs are not those of the looks', () => {
    const looks: readonly Look[] = [
      { columns: { id: 1, note: 2 }, endLsn: 100n, omit: ['note'] },
      { columns: { id: 1, note: 3 }, endLsn: 200n, omit: [] },
    ]
    const other = withoutPlacesOfLooks(new Map([[7, after(looks)]])).get(7) ?? NO_COLUMN_HISTORY
    const history = after([{ columns: { id: 1, note: 3 }, endLsn: 250n, omit: [] }], other)
    expect(shown(history, ['id', 'note'], 210n)).toEqual(['id'])
    expect(shown(history, ['id', 'note'], 260n)).toEqual(['id', 'note'])
  })

  it('when what is known was noted by a build that noted no looks', () => {
    const stored = { names: { 1: ['id'], 2: ['secret', 'note'] }, omitted: [2], unseen: [], always: [1, 2] }
    const look = { columns: { id: 1, note: 3 }, endLsn: 100n, omit: ['secret'] }
    const history = after([look], columnHistoryFromJson(stored))
    expect(shown(history, ['id', 'note'], 50n, ['secret'])).toEqual(['id'])
    expect(shown(history, ['id', 'note'], 110n, ['secret'])).toEqual(['id', 'note'])
  })

  it('when more looks were made than are kept', () => {
    const looks = Array.from({ length: 60 }, (_, at): Look => {
      const columns = at === 0 ? { id: 1, note: 2 } : { id: 1, [`c${at}`]: 2 + at }
      return { columns, endLsn: BigInt(10 * at), omit: at === 0 ? ['note'] : [] }
    })
    const history = after([...looks, { columns: { id: 1, note: 100 }, endLsn: 600n, omit: [] }])
    expect(history.looks.length).toBeLessThan(30)
    expect(shown(history, ['id', 'note'], 5n)).toEqual(['id'])
    expect(shown(history, ['id', 'note'], 605n)).toEqual(['id', 'note'])
  })
})
