import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hiddenColumns, NO_COLUMN_HISTORY, omitColumns } from './column-history.js'

type Columns = Readonly<Record<string, number>>
const OMIT = ['cost']
/** What the catalogue showed, and what the capture file omitted then. */
type Look = readonly [Columns, readonly string[]]
/** What is known after these looks: the first at LSN 0, each of the others 100 later. */
const after = (looks: readonly Look[]) =>
  looks.reduce((known, [columns, omit], at) => {
    const lsn = BigInt(100 * at)
    return omitColumns(known, { present: new Map(Object.entries(columns)), startLsn: lsn, endLsn: lsn }, omit)
  }, NO_COLUMN_HISTORY)
/** What is shown of a row. @param lsn of the row; null: not known */
const shown = (looks: readonly Columns[], logged: readonly string[], lsn: bigint | null = null): string[] => {
  const hidden = hiddenColumns(after(looks.map((columns) => [columns, OMIT])), { logged, lsn }, OMIT)
  return logged.filter((name) => !hidden.has(name))
}

describe('an omitted column under the name of another', () => {
  const before = { id: 1, cost: 2, name: 3 }
  it.each([
    ['two swapped their names', [before, { id: 1, name: 2, cost: 3 }], ['id', 'name', 'cost'], ['id']],
    ['it took that of a dropped one', [before, { id: 1, name: 2 }], ['id', 'name'], ['id']],
    [
      'it was dropped, and another took its later name',
      [before, { id: 1, name: 3, profit: 4 }],
      ['id', 'profit', 'name'],
      ['id', 'name'],
    ],
    [
      'it was renamed twice, and another took the name between',
      [before, { id: 1, last: 2, name: 3, mid: 4 }],
      ['id', 'mid', 'name'],
      ['id', 'name'],
    ],
    [
      'the same, when it was the last',
      [
        { id: 1, cost: 2 },
        { id: 1, last: 2, mid: 3 },
      ],
      ['id', 'mid'],
      ['id'],
    ],
  ])('is found by its place: %s', (_title, looks, logged, expected) => {
    expect(shown(looks, logged)).toEqual(expected)
  })

  it('takes nothing else along that was added, dropped or renamed', () => {
    expect(shown([before, { ...before, ean: 4 }], ['id', 'cost', 'name', 'ean'])).toEqual(['id', 'name', 'ean'])
    expect(shown([before, { id: 1, cost: 2, ean: 4 }], ['id', 'cost', 'name'])).toEqual(['id', 'name'])
    expect(shown([before, { id: 1, cost: 2, title: 3 }], ['id', 'cost', 'title'])).toEqual(['id', 'title'])
    expect(shown([before, { id: 1, name: 3, ean: 4 }], ['id', 'name', 'ean'])).toEqual(['id', 'name', 'ean'])
  })

  it('never shows, whatever names columns give each other, between two looks', () => {
    const step = fc.tuple(fc.nat(5), fc.constantFrom('cost', 'name', 'sku', 'ean', 'tmp'))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.nat(12), (renames, writtenAt) => {
        const names = ['id', 'cost', 'name', 'sku', 'ean']
        const first = Object.fromEntries(names.map((name, at) => [name, at + 1]))
        let row = [...names]
        for (const [at, [which, to]] of renames.entries()) {
          if (which > 0 && which < names.length && !names.includes(to)) names[which] = to
          if (at === writtenAt) row = [...names]
        }
        const last = Object.fromEntries(names.map((name, at) => [name, at + 1]))
        expect(shown([first, last], row)).not.toContain(row[1])
        expect(shown([first, last], row, 50n)).not.toContain(row[1])
      }),
    )
  })
})

describe('a column that was added under the name of an omitted one that is gone', () => {
  /** Two columns came and went under the name `title`; the second was omitted after it had been renamed. `cost` came and went twice. */
  const past: readonly Look[] = [
    [{ id: 1, title: 2, body: 3, cost: 4 }, ['cost']],
    [{ id: 1, body: 3, cost: 4 }, ['cost']],
    [{ id: 1, body: 3 }, ['cost']],
    [{ id: 1, body: 3, title: 5 }, ['cost']],
    [{ id: 1, body: 3, titre: 5, cost: 6 }, ['cost', 'titre']],
    [{ id: 1, body: 3, cost: 6 }, ['cost']],
    [{ id: 1, body: 3, cost: 7 }, ['cost']],
    [{ id: 1, body: 3, cost: 7, title: 8 }, ['cost']],
  ]

  it('is shown in rows that were written since', () => {
    const history = after(past)
    for (const lsn of [650n, 750n, 10_000n]) {
      const hidden = hiddenColumns(history, { logged: ['id', 'body', 'cost', 'title'], lsn }, ['cost'])
      expect([lsn, [...hidden]]).toEqual([lsn, ['cost']])
    }
    const earlier = hiddenColumns(history, { logged: ['id', 'body', 'title'], lsn: 350n }, ['cost'])
    expect([...earlier].sort()).toEqual(['cost', 'title'])
  })

  it('is shown in rows that were written since, even when the earlier one stood at the same place', () => {
    const known = after([
      [{ id: 1, title: 2 }, ['title']],
      [{ id: 1 }, ['title']],
      [{ id: 1 }, []],
      [{ id: 1, title: 3 }, []],
    ])
    const hiddenAt = (lsn: bigint | null) => [...hiddenColumns(known, { logged: ['id', 'title'], lsn }, [])]
    expect([350n, 250n, 50n, null].map(hiddenAt)).toEqual([[], [], ['title'], ['title']])
  })

  it('or renamed, or not, is shown in every row that is written after the catalogue was looked at', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd')
    const change = fc.record({ act: fc.constantFrom('add', 'drop', 'rename', 'omit', 'show'), name, to: name })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const table = new Map([['id', 1]])
        let omit: readonly string[] = ['a']
        let next = 2
        let lsn = 0n
        let history = omitColumns(NO_COLUMN_HISTORY, { present: new Map(table), startLsn: lsn, endLsn: lsn }, omit)
        for (const { act, name: which, to } of changes) {
          const attribute = table.get(which)
          if (act === 'add' && attribute === undefined) table.set(which, next++)
          if (act === 'drop') table.delete(which)
          if (act === 'rename' && attribute !== undefined && !table.has(to)) {
            table.delete(which)
            table.set(to, attribute)
          }
          if (act === 'omit' && !omit.includes(which)) omit = [...omit, which]
          if (act === 'show') omit = omit.filter((one) => one !== which)
          lsn += 10n
          history = omitColumns(history, { present: new Map(table), startLsn: lsn, endLsn: lsn }, omit)
          const logged = [...table].sort(([, one], [, other]) => one - other)
          const expected = logged.filter(([one, at]) => !history.omitted.has(at) && !omit.includes(one))
          const row = { logged: logged.map(([one]) => one), lsn: lsn + 5n }
          const hidden = hiddenColumns(history, row, omit)
          expect(row.logged.filter((one) => !hidden.has(one))).toEqual(expected.map(([one]) => one))
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
