import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  columnHistoryFromJson,
  columnHistoryToJson,
  hiddenColumns,
  NO_COLUMN_HISTORY,
  omitColumns,
  renamedOmissions,
  suspectColumns,
  type ColumnHistory,
} from './column-history.js'

const columns = (entries: Record<string, number>) => new Map(Object.entries(entries))
/** `omitColumns` at a look of any time. */
const omitted = (
  history: ColumnHistory,
  present: ReadonlyMap<string, number>,
  omit: readonly string[],
): ColumnHistory => omitColumns(history, { present, startLsn: 1n, endLsn: 1n }, omit)
/** Names that may be shown of a logged row. */
const shown = (history: ColumnHistory, logged: readonly string[], omit: readonly string[] = []) => {
  const hidden = hiddenColumns(history, { logged, lsn: null }, omit)
  return logged.filter((name) => !hidden.has(name))
}

describe('omitted columns', () => {
  const before = omitted(NO_COLUMN_HISTORY, columns({ id: 1, cost: 2 }), ['cost'])

  it('stay omitted in earlier rows when they are dropped, also when the file no longer names them', () => {
    const after = omitted(before, columns({ id: 1 }), [])
    expect(shown(after, ['id', 'cost'])).toEqual(['id'])
  })

  it('stay omitted under a new name, once the catalogue was looked at and before', () => {
    expect(shown(before, ['id', 'price'])).toEqual(['id'])
    const renamed = columns({ id: 1, price: 2 })
    const looked = omitted(before, renamed, ['cost'])
    expect(shown(looked, ['id', 'price'], ['cost'])).toEqual(['id'])
    expect(renamedOmissions(looked, renamed, ['cost'])).toEqual([{ name: 'price', before: ['cost'] }])
    expect(renamedOmissions(looked, renamed, ['cost', 'price'])).toEqual([])
  })

  it('hide no other column that was added meanwhile', () => {
    expect(suspectColumns(before, ['id', 'cost', 'ean'], ['cost'])).toEqual(['ean'])
    const looked = omitted(before, columns({ id: 1, cost: 2, ean: 3 }), ['cost'])
    expect(shown(looked, ['id', 'cost', 'ean'], ['cost'])).toEqual(['id', 'ean'])
  })

  it('make no name suspect where nothing is omitted', () => {
    expect(suspectColumns(NO_COLUMN_HISTORY, ['id', 'ean'], [])).toEqual([])
  })

  it('stay omitted when another column has taken their name', () => {
    const looked = omitted(before, columns({ id: 1, price: 2, cost: 3 }), ['cost'])
    expect(shown(looked, ['id', 'price', 'cost'], ['cost'])).toEqual(['id'])
    expect(shown(before, ['id', 'price', 'cost'], ['cost'])).toEqual(['id'])
  })

  it('are shown when they exist and the file no longer omits them', () => {
    const after = omitted(before, columns({ id: 1, cost: 2 }), [])
    expect(shown(after, ['id', 'cost'])).toEqual(['id', 'cost'])
  })

  it('may be named before they exist', () => {
    const early = omitted(NO_COLUMN_HISTORY, columns({ id: 1 }), ['secret'])
    expect(shown(early, ['id', 'secret'])).toEqual(['id'])
    expect(early.omitted.size).toBe(0)
    const added = omitted(early, columns({ id: 1, secret: 2 }), ['secret'])
    expect(shown(added, ['id', 'secret'])).toEqual(['id'])
  })

  it('never show, whatever is added, renamed and dropped between two looks, also under names that were theirs once', () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'rename', 'drop', 'look', 'write'),
      which: fc.nat(20),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const table = new Map([
          ['id', 1],
          ['cost', 2],
        ])
        let next = 3
        let history = omitted(NO_COLUMN_HISTORY, table, ['cost'])
        const log: (readonly string[])[] = []
        const secret: (string | undefined)[] = []
        for (const { act, which } of steps) {
          const names = [...table.keys()].filter((name) => name !== 'id')
          const name = names[which % Math.max(1, names.length)]
          if (act === 'add') table.set(`c${next}`, next++)
          if (act === 'rename' && name !== undefined) {
            const attribute = table.get(name) ?? 0
            table.delete(name)
            table.set(which % 3 === 0 && !table.has('cost') ? 'cost' : `r${next++}`, attribute)
          }
          if (act === 'drop' && name !== undefined) table.delete(name)
          if (act === 'look') history = omitted(history, table, ['cost'])
          if (act === 'write') {
            // The WAL has them by their numbers.
            log.push([...table].sort(([, a], [, b]) => a - b).map(([name]) => name))
            secret.push([...table].find(([, attribute]) => attribute === 2)?.[0])
          }
        }
        // The WAL is read after all of this, and the catalogue is looked at before a suspect row is read.
        for (const [at, logged] of log.entries()) {
          if (suspectColumns(history, logged, ['cost']).length > 0) history = omitted(history, table, ['cost'])
          expect(shown(history, logged, ['cost'])).not.toContain(secret[at] ?? 'none')
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('are stored as JSON; what has another form is unknown', () => {
    const stored = JSON.parse(JSON.stringify(columnHistoryToJson(before))) as ReturnType<typeof columnHistoryToJson>
    expect(columnHistoryFromJson(stored)).toEqual(before)
    for (const other of [undefined, null, 7, [], {}, { names: 1, omitted: 'x' }]) {
      expect(columnHistoryFromJson(other)).toEqual(NO_COLUMN_HISTORY)
    }
  })
})
