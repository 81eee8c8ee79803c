import { describe, expect, it } from '@jest/globals'
import type { Relation, RowChange } from '../row-change.js'
import { RowReaders } from '../entity/row-readers.js'
import { SOURCE } from '../shop-source.fixture.js'
import { fold, insert, price, product, relationOf, row, update } from './shop-transaction.fixture.js'
import { TransactionFolder } from './transaction-folder.js'

const without = (...columns: readonly string[]): Relation => ({
  ...product,
  columns: product.columns.filter(({ name }) => !columns.includes(name)),
})

const truncate = (): RowChange => ({ op: 'truncate', relation: product })
const PLACE = { lsn: 1n, index: 0 }

describe('what does not become an event', () => {
  it('is counted by table and reason, with the id of the last row', async () => {
    const { events, report } = await fold([
      insert(row({ company_id: null })),
      update(row({ company_id: null, id: '2' }), row({ company_id: null, id: '2', price: '1' })),
      insert(row({ company_id: 'cmp 7' })),
      insert(row({ id: null })),
      insert(row({ id: null, tenant: 't:1' }), price),
      insert(row({ tenant: 'x'.repeat(1024) }), price),
      insert(row(), relationOf('other')),
      insert(row({ kind: 'draft' })),
    ])
    expect(events).toEqual([])
    expect(report.skipped).toEqual([
      { reason: 'companyMissing', table: 'public.product', count: 2, lastKey: '2' },
      { reason: 'companyInvalid', table: 'public.product', count: 1, lastKey: '1' },
      { reason: 'idMissing', table: 'public.product', count: 1, lastKey: '(null)' },
      { reason: 'idMissing', table: 'public.price', count: 1, lastKey: 't%3A1:(null)' },
      { reason: 'idTooLong', table: 'public.price', count: 1, lastKey: `${'x'.repeat(1024)}:1` },
      { reason: 'tableUnknown', table: 'public.other', count: 1, lastKey: null },
    ])
    expect(report.rowChanges).toBe(7)
  })

  it('is a row of another table that has the name of a captured one', async () => {
    const { events, report } = await fold([insert(row(), { ...product, isReplaced: true })])
    expect(events).toEqual([])
    expect(report.skipped).toEqual([{ reason: 'tableReplaced', table: 'public.product', count: 1, lastKey: null }])
  })

  it('is a row of a captured table that comes under another name: it is announced, once per transaction', async () => {
    const hiding: Relation = { ...relationOf('root'), hides: { schema: 'public', table: 'product' } }
    const { events, report } = await fold([insert(row(), hiding), insert(row({ id: '2' }), hiding)])
    expect(events).toEqual([])
    expect(report.changesWithoutRows).toMatchObject([{ reason: 'publication', resources: ['products'] }])
    expect(report.skipped).toEqual([])
  })

  it.each([
    ['after', [truncate(), insert(row())], ['products']],
    ['before', [insert(row()), truncate()], []],
  ] as const)('says which tables got rows %s they were truncated', async (_, changes, refilled) => {
    expect([...(await fold([...changes])).report.refilled]).toEqual(refilled)
  })

  it('a table without REPLICA IDENTITY FULL stops everything: its old rows are unknown', () => {
    const folder = new TransactionFolder(new RowReaders(SOURCE), {
      openSpool: () => Promise.reject(new Error('none')),
    })
    const relation: Relation = { ...product, replicaIdentity: 'default' }
    expect(() => folder.add({ op: 'update', relation, before: row(), after: row() }, PLACE)).toThrow(
      /update or delete of public.product was logged without the complete old row, because .* lacked REPLICA IDENTITY FULL/,
    )
  })

  it('an old row that was not logged stops everything, also where the table has REPLICA IDENTITY FULL and its partition does not', () => {
    const folder = new TransactionFolder(new RowReaders(SOURCE), {
      openSpool: () => Promise.reject(new Error('none')),
    })
    expect(() => folder.add({ op: 'delete', relation: product, before: new Map() }, PLACE)).toThrow(
      /update or delete of public.product was logged without the complete old row, because .* lacked REPLICA IDENTITY FULL/,
    )
  })

  it('a row that was written before a column decided whether it is an entity stops everything', () => {
    const folder = new TransactionFolder(new RowReaders(SOURCE), {
      openSpool: () => Promise.reject(new Error('none')),
    })
    expect(() => folder.add(insert(row(), without('company_id', 'kind')), PLACE)).toThrow(
      /public.product had no column company_id, kind when the row was written/,
    )
  })

  it('nothing that only a later column says: key, version, actor and deletion of an earlier row', async () => {
    const later = ['sku', 'version', 'updated_by', 'deleted_at', 'cost'] as const
    const relation = without(...later)
    const old = new Map([...row()].filter(([name]) => !later.some((one) => one === name)))
    const { events } = await fold([insert(old, relation)])
    const actor = { type: null, id: null, name: null }
    expect(events).toMatchObject([{ entity: { key: null }, revision: { operation: 'create', number: null, actor } }])
  })
})

describe('large values', () => {
  it('an event above 512 KiB leaves out what makes it large', async () => {
    const large = (letter: string) => JSON.stringify({ manual: letter.repeat(2_000_000), de: letter })
    const { events } = await fold([update(row({ name: large('a') }), row({ name: large('b') }))])
    expect(Buffer.byteLength(JSON.stringify(events[0]))).toBeLessThan(512 * 1024)
    expect(events[0]).toMatchObject({ data: { name: { de: 'b' } }, revision: { omitted: ['/name/manual'] } })
    expect(events[0]!.revision!.changes).toEqual([
      { op: 'replace', path: '/name/manual' },
      { op: 'replace', path: '/name/de', before: 'a', after: 'b' },
    ])
  })
})
