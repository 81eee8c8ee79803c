import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hiddenColumns, NO_COLUMN_HISTORY, omitColumns } from './column-history.js'

type Columns = Readonly<Record<string, number>>
const OMIT = ['cost']
/** What is shown of a row after the catalogue had shown these columns, one look after the other. */
const shown = (looks: readonly Columns[], logged: readonly string[], omit = OMIT): string[] => {
  const history = looks.reduce(
    (known, columns) => omitColumns(known, new Map(Object.entries(columns)), omit),
    NO_COLUMN_HISTORY,
  )
  const hidden = hiddenColumns(history, logged, omit)
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
      }),
    )
  })
})
