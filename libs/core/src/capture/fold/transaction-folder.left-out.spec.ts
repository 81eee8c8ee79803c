import { describe, expect, it } from '@jest/globals'
import type { Relation } from '../row-change.js'
import { SourceReader } from '../source-reader.js'
import { SOURCE, fold, insert, price, product, relationOf, row, update } from './shop-transaction.fixture.js'
import { TransactionFolder } from './transaction-folder.js'

const PLACE = { lsn: 1n, index: 0 }

describe('what does not become an event', () => {
  it('is counted by its reason', async () => {
    const { events, report } = await fold([
      insert(row({ company_id: null })),
      update(row({ company_id: null }), row({ company_id: null, price: '1' })),
      insert(row({ company_id: 'cmp 7' })),
      insert(row({ id: null })),
      insert(row({ tenant: 'x'.repeat(1024) }), price),
      insert(row(), relationOf('other')),
      insert(row({ kind: 'draft' })),
    ])
    expect(events).toEqual([])
    expect(Object.fromEntries(report.skipped)).toEqual({
      companyMissing: 2,
      companyInvalid: 1,
      idMissing: 1,
      idTooLong: 1,
      tableUnknown: 1,
    })
    expect(report.rowChanges).toBe(6)
  })

  it('a table without REPLICA IDENTITY FULL stops everything: its old rows are unknown', () => {
    const folder = new TransactionFolder(new SourceReader(SOURCE), {
      openSpool: () => Promise.reject(new Error('none')),
    })
    const relation: Relation = { ...product, replicaIdentity: 'default' }
    expect(() => folder.add({ op: 'update', relation, before: row(), after: row() }, PLACE)).toThrow(
      /public.product has no REPLICA IDENTITY FULL/,
    )
  })

  it('a table without a column that the file names stops everything', () => {
    const folder = new TransactionFolder(new SourceReader(SOURCE), {
      openSpool: () => Promise.reject(new Error('none')),
    })
    const relation: Relation = {
      ...product,
      columns: product.columns.filter(({ name }) => name !== 'sku' && name !== 'cost'),
    }
    expect(() => folder.add(insert(row(), relation), PLACE)).toThrow(/public.product has no column sku, cost/)
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
