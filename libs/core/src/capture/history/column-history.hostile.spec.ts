import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hiddenColumns, NO_COLUMN_HISTORY, omitColumns, tableGone, type ColumnHistory } from './column-history.js'

type Columns = Readonly<Record<string, number>>
/** What the catalogue showed, and what the capture file omitted then. */
type Look = readonly [Columns, readonly string[]]
const after = (looks: readonly Look[]): ColumnHistory =>
  looks.reduce(
    (known, [columns, omit]) =>
      omitColumns(known, { present: new Map(Object.entries(columns)), startLsn: 1n, endLsn: 1n }, omit),
    NO_COLUMN_HISTORY,
  )
const shown = (
  history: ColumnHistory,
  logged: readonly string[],
  omit: readonly string[],
  lsn: bigint | null = null,
) => {
  const hidden = hiddenColumns(history, { logged, lsn }, omit)
  return logged.filter((name) => !hidden.has(name))
}

interface Case {
  readonly looks: readonly Look[]
  readonly logged: readonly string[]
  readonly omit: readonly string[]
  readonly shows: readonly string[]
}

describe('a name that only omitted columns had, or none that is known, is never shown', () => {
  it.each<[string, Case]>([
    [
      'that was omitted early and has left the file, because another column was added since',
      {
        looks: [
          [{ id: 1, company: 2 }, ['cost']],
          [{ id: 1, company: 2, ean: 4 }, []],
        ],
        logged: ['id', 'company', 'cost'],
        omit: [],
        shows: ['id', 'company'],
      },
    ],
    [
      'in a row of before the first look that has as many columns by accident',
      {
        looks: [[{ id: 1, price: 3, ean: 4 }, ['price']]],
        logged: ['id', 'former', 'cost'],
        omit: ['price'],
        shows: ['id'],
      },
    ],
    [
      'because public columns use the names of each other',
      {
        looks: [
          [{ id: 1, x: 2, y: 3, cost: 4, a: 5, b: 6 }, ['cost']],
          [{ id: 1, z: 7 }, []],
        ],
        logged: ['id', 'a', 'b', 'cost'],
        omit: [],
        shows: ['id', 'a', 'b'],
      },
    ],
    [
      'that it was given while public columns use the names of each other',
      {
        looks: [
          [{ id: 1, x: 2, cost: 3, a: 4 }, ['cost']],
          [{ id: 1, z: 5 }, ['cost']],
        ],
        logged: ['id', 'a', 'price'],
        omit: ['cost'],
        shows: ['id', 'a'],
      },
    ],
    [
      'that was given to a column which came and went under an omitted name',
      {
        looks: [
          [{ id: 1 }, ['cost']],
          [{ id: 1, ean: 3 }, ['cost']],
        ],
        logged: ['id', 'price'],
        omit: ['cost'],
        shows: ['id'],
      },
    ],
    [
      'of a column that was omitted only when it was gone',
      {
        looks: [
          [{ id: 1, cost: 2 }, []],
          [{ id: 1 }, ['cost']],
          [{ id: 1 }, []],
        ],
        logged: ['id', 'cost'],
        omit: [],
        shows: ['id'],
      },
    ],
    [
      'that it had later, of a column that was omitted only when it was gone',
      {
        looks: [
          [{ id: 1, cost: 2 }, []],
          [{ id: 1, price: 2 }, []],
          [{ id: 1 }, ['cost']],
        ],
        logged: ['id', 'price'],
        omit: ['cost'],
        shows: ['id'],
      },
    ],
  ])('%s', (_case, { looks, logged, omit, shows }) => {
    expect(shown(after(looks), logged, omit)).toEqual(shows)
  })

  it('in a table that is gone when it is looked at', () => {
    const history = tableGone(after([[{ id: 1, name: 2, cost: 3 }, ['cost']]]))
    expect(shown(history, ['id', 'price', 'ean'], ['cost'])).toEqual(['id'])
  })

  const step = fc.record({
    act: fc.constantFrom('add', 'secret', 'rename', 'drop', 'look', 'write', 'leave'),
    which: fc.nat(20),
    to: fc.constantFrom('p', 'q', 'r', 's'),
  })

  it.each([
    ['is added, renamed and dropped', false],
    ['is added, renamed and dropped, the table last', true],
  ])('whatever %s between two looks, and whichever names public columns take from each other', (_case, isGone) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const omitted = new Pim(steps.some(({ act }) => act === 'secret'))
        for (const one of steps) omitted.take(one)
        omitted.checkLog(isGone)
      }),
      { numRuns: 3_000 },
    )
  })
})

type Step = { readonly act: string; readonly which: number; readonly to: string }

/** A table with one column that must not leave the source. No other column has its names; public columns take each other's. */
class Pim {
  private readonly table = new Map([['id', 1]])
  private omit: readonly string[] = ['cost']
  private history: ColumnHistory
  private next = 2
  private secret: number | null = null
  private readonly log: {
    readonly logged: readonly string[]
    readonly secret: string | undefined
    readonly lsn: bigint
  }[] = []
  /** End of the WAL. */
  private end = 0n

  constructor(isNamedEarly: boolean) {
    if (!isNamedEarly) this.addSecret()
    this.history = omitColumns(
      NO_COLUMN_HISTORY,
      { present: this.table, startLsn: this.end, endLsn: this.end },
      this.omit,
    )
  }

  take({ act, which, to }: Step): void {
    const { table } = this
    this.end += 2n
    const name = [...table.keys()].filter((one) => one !== 'id')[which % Math.max(1, table.size - 1)]
    const nameOfSecret = [...table].find(([, attribute]) => attribute === this.secret)?.[0]
    if (act === 'add' && !table.has(to)) table.set(to, this.next++)
    if (act === 'secret' && this.secret === null) this.addSecret()
    if (act === 'rename' && name !== undefined) {
      const attribute = table.get(name) ?? 0
      const isSecret = attribute === this.secret
      const target = isSecret ? `cost_${this.next++}` : to
      // A column that was renamed before the first look is one that no capture file has named.
      if (!table.has(target) && (!isSecret || this.history.names.has(attribute))) {
        table.delete(name)
        table.set(target, attribute)
      }
    }
    if (act === 'drop' && name !== undefined) table.delete(name)
    if (act === 'look') this.look()
    // While the column exists, a capture file that does not omit it would be a decision to show it.
    if (act === 'leave' && this.secret !== null && nameOfSecret === undefined) this.omit = []
    if (act === 'write') {
      const logged = [...table].sort(([, a], [, b]) => a - b).map(([one]) => one)
      this.log.push({ logged, secret: nameOfSecret, lsn: this.end })
    }
  }

  checkLog(isGone: boolean): void {
    if (isGone) this.history = tableGone(this.history)
    else this.look()
    for (const { logged, secret, lsn } of this.log) {
      expect(shown(this.history, logged, this.omit)).not.toContain(secret ?? 'none')
      expect(shown(this.history, logged, this.omit, lsn)).not.toContain(secret ?? 'none')
    }
  }

  private look(): void {
    this.history = omitColumns(
      this.history,
      { present: new Map(this.table), startLsn: this.end + 1n, endLsn: this.end + 1n },
      this.omit,
    )
  }

  private addSecret(): void {
    this.secret = this.next++
    this.table.set('cost', this.secret)
  }
}
