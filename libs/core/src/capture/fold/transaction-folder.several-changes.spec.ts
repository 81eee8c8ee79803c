import { describe, expect, it } from '@jest/globals'
import type { Relation } from '../row-change.js'
import {
  fold,
  gone,
  insert,
  price,
  product,
  remove,
  row,
  stock,
  publishedTypes,
  update,
} from './shop-transaction.fixture.js'

describe('several changes of one entity in a transaction', () => {
  const [a, b, c] = [row(), row({ price: '2', version: '5' }), row({ price: '3', version: '6' })]
  it.each([
    ['insert + update = created', [insert(a), update(a, b)], ['products.created 1']],
    ['insert + delete = nothing', [insert(a), remove(a)], []],
    ['insert + update + delete = nothing', [insert(a), update(a, b), remove(b)], []],
    ['delete + insert of one key = updated', [remove(a), insert(b)], ['products.updated 1']],
    ['delete + insert of the same row = nothing', [remove(a), insert(a)], []],
    ['update + update = one', [update(a, b), update(b, c)], ['products.updated 1']],
    ['update and back = nothing', [update(a, b), update(b, a)], []],
    ['update + delete = deleted', [update(a, b), remove(b)], ['products.deleted 1']],
    ['delete + insert + delete = deleted', [remove(a), insert(b), remove(b)], ['products.deleted 1']],
    ['soft delete + delete = deleted once', [update(a, row(gone)), remove(row(gone))], ['products.deleted 1']],
    ['soft delete and back = nothing', [update(a, row(gone)), update(row(gone), a)], []],
    ['a key changed and changed back = nothing', [update(a, row({ id: '9' })), update(row({ id: '9' }), a)], []],
    [
      'a key changed twice tells the first and the last',
      [update(a, row({ id: '2' })), update(row({ id: '2' }), row({ id: '3' }))],
      ['products.deleted 1', 'products.created 3'],
    ],
  ])('%s', async (_, changes, expected) => {
    expect(await publishedTypes(changes)).toEqual(expected)
  })

  it('a deletion carries the last state in the transaction; previous is the version before it', async () => {
    const { events } = await fold([update(a, b), update(b, c), remove(c)])
    expect(events[0]).toMatchObject({ data: { price: '3' }, revision: { number: 6, previous: 4 } })
  })

  it('before is the state before the transaction, after the one at its end', async () => {
    const { events } = await fold([update(a, b), insert(row({ id: '7' })), update(b, c)])
    expect(events[0]!.revision!.changes![0]).toEqual({ op: 'replace', path: '/price', before: '89.00', after: '3' })
  })

  it('an event stands at the first change of its entity, and events are in that order', async () => {
    const [x, y] = [row({ id: '2' }), row({ id: '2', price: '5' })]
    const { events } = await fold([update(a, b), update(x, y), update(b, c), insert(row({ id: '3' })), remove(y)])
    expect(events.map((event) => [event.entity.id, event.revision?.transaction?.index])).toEqual([
      ['1', 0],
      ['2', 1],
      ['3', 3],
    ])
    expect(events.every((event) => event.revision?.transaction?.size === 5)).toBe(true)
  })

  it('entities of different tables with one id are two', async () => {
    expect(await publishedTypes([insert(row()), insert(row(), price)])).toEqual([
      'products.created 1',
      'prices.created t:1',
    ])
    expect(await publishedTypes([insert(row()), insert(row(), stock)])).toEqual([
      'products.created 1',
      'stocks.created 1',
    ])
    expect(await publishedTypes([insert(row()), remove(row(), stock)])).toEqual([
      'products.created 1',
      'stocks.deleted 1',
    ])
    expect(await publishedTypes([update(a, b, stock), update(b, c)])).toEqual([
      'stocks.updated 1',
      'products.updated 1',
    ])
  })

  it('keys exchanged under a deferred constraint are two updates', async () => {
    const [one, two] = [row({ id: '1', price: '1' }), row({ id: '2', price: '2' })]
    const { events } = await fold([
      update(one, row({ id: '2', price: '1' })),
      update(two, row({ id: '1', price: '2' })),
    ])
    expect(events.map(({ type, entity, data }) => [type, entity.id, data?.price])).toEqual([
      ['products.updated', '1', '2'],
      ['products.updated', '2', '1'],
    ])
    expect(events[1]!.revision!.changes![0]).toMatchObject({ before: '2', after: '1' })
  })

  it('a key taken over before its row is updated and moved away is an update', async () => {
    const [one, two, later] = [row({ id: '1', price: '1' }), row({ id: '2', price: '2' }), row({ id: '2', price: '9' })]
    const changes = [
      update(one, row({ id: '2', price: '1' })),
      update(two, later),
      update(later, row({ id: '5', price: '9' })),
    ]
    expect(await publishedTypes(changes)).toEqual(['products.deleted 1', 'products.updated 2', 'products.created 5'])
  })

  it('a table altered within the transaction does not confuse a row with another', async () => {
    const wider: Relation = {
      ...product,
      columns: [...product.columns, { name: 'color', typeOid: 25, typeModifier: -1 }],
    }
    const [before, after] = [row({ color: 'red' }), row({ color: 'blue' })]
    const { events } = await fold([insert(row()), update(before, after, wider)])
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ type: 'products.created', data: { color: 'blue' } })
  })

  it('a truncated table is reported; entities seen before are deleted', async () => {
    const { events, report } = await fold([
      update(a, b),
      insert(row({ id: '2' })),
      { op: 'truncate', relation: product },
      insert(row({ id: '3' })),
    ])
    expect(events.map((event) => `${event.type} ${event.entity.id}`)).toEqual([
      'products.deleted 1',
      'products.created 3',
    ])
    expect(report.truncated).toEqual(['public.product'])
  })
})
