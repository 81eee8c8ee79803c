import { describe, expect, it } from '@jest/globals'
import { decoderOf, EventSchema, type EntityEvent } from '@hooklane/contracts'
import type { CapturedTable, CaptureSource } from '../capture-configuration.js'
import { stateHash } from '../event/canonical-json.js'
import type { Relation, Row, RowChange, TransactionInfo } from '../row-change.js'
import { SourceReader } from '../source-reader.js'
import { TransactionFolder } from './transaction-folder.js'

const PRODUCT: CapturedTable = {
  schema: 'public',
  table: 'product',
  resource: 'products',
  entity: 'product',
  id: ['id'],
  key: 'sku',
  url: [
    { kind: 'text', text: 'https://pim.example.com/products/' },
    { kind: 'id' },
    { kind: 'text', text: '?sku=' },
    { kind: 'column', column: 'sku' },
  ],
  version: 'version',
  ignore: ['updated_at'],
  omit: ['cost'],
  json: [],
  deleted: { column: 'deleted_at' },
  when: [{ column: 'kind', equals: 'sellable' }],
  actor: { id: 'updated_by', type: null, name: null },
}

const SOURCE: CaptureSource = {
  name: 'pim',
  database: 'postgres://db/pim',
  epoch: 1,
  company: { kind: 'column', column: 'company_id' },
  timezone: 'UTC',
  slot: 'hooklane_pim',
  publication: 'hooklane_pim',
  tables: [
    PRODUCT,
    {
      ...PRODUCT,
      table: 'price',
      resource: 'prices',
      entity: 'price',
      id: ['tenant', 'id'],
      version: null,
      actor: null,
    },
    { ...PRODUCT, table: 'stock', resource: 'stocks', entity: 'stock' },
  ],
}

const COLUMNS: readonly (readonly [string, number])[] = [
  ['id', 23],
  ['tenant', 25],
  ['company_id', 25],
  ['sku', 25],
  ['name', 3802],
  ['price', 1700],
  ['cost', 1700],
  ['version', 23],
  ['kind', 25],
  ['updated_at', 1184],
  ['updated_by', 25],
  ['deleted_at', 1184],
]

const relationOf = (table: string): Relation => ({
  schema: 'public',
  table,
  columns: COLUMNS.map(([name, typeOid]) => ({ name, typeOid, typeModifier: -1 })),
  replicaIdentity: 'full',
})
const product = relationOf('product')
const price = relationOf('price')
const stock = relationOf('stock')

const row = (values: Record<string, string | null> = {}): Row =>
  new Map(
    Object.entries({
      id: '1',
      tenant: 't',
      company_id: 'cmp_7',
      sku: 'LAMP 1',
      name: '{"de": "Lampe"}',
      price: '89.00',
      cost: '10',
      version: '4',
      kind: 'sellable',
      updated_at: null,
      updated_by: 'usr_1',
      deleted_at: null,
      ...values,
    }),
  )

const insert = (after: Row, relation = product): RowChange => ({ op: 'insert', relation, after })
const update = (before: Row, after: Row, relation = product): RowChange => ({ op: 'update', relation, before, after })
const remove = (before: Row, relation = product): RowChange => ({ op: 'delete', relation, before })

const TRANSACTION: TransactionInfo = {
  xid: '812',
  commitLsn: 0x152bac0n,
  commitEndLsn: 0x152baf0n,
  committedAtMs: Date.parse('2026-03-02T08:15:04.190Z'),
}

const decodeEvent = decoderOf(EventSchema)

/** Every event that comes out of it fits the record schema. */
async function fold(changes: readonly RowChange[], source = SOURCE, context: readonly string[] = []) {
  const folder = new TransactionFolder(new SourceReader(source), {
    openSpool: () => Promise.reject(new Error('a small transaction needs no file')),
  })
  for (const content of context) folder.addContext({ prefix: 'hooklane', content: Buffer.from(content) })
  for (const change of changes) await folder.add(change)
  const events: EntityEvent[] = []
  for await (const event of folder.events(TRANSACTION)) events.push(event)
  await folder.discard()
  for (const event of events) expect(decodeEvent(Buffer.from(JSON.stringify(event)))).toMatchObject({ ok: true })
  return { events, report: folder.report() }
}

/** `type id` of each event. */
const told = async (changes: readonly RowChange[]) =>
  (await fold(changes)).events.map((event) => `${event.type} ${event.entity.id}`)

const gone = { deleted_at: '2026-03-01 00:00:00+00' }

describe('one change in a transaction', () => {
  it('an update says everything that a receiver may want to know', async () => {
    const after = row({
      name: '{"de": "Tischlampe"}',
      price: '79.00',
      version: '5',
      updated_by: 'usr_2',
      cost: '9',
      updated_at: '2026-03-02 08:15:04+00',
    })
    const { events } = await fold([insert(row({ id: '2' })), update(row(), after)])
    const data = {
      id: 1,
      tenant: 't',
      company_id: 'cmp_7',
      sku: 'LAMP 1',
      name: { de: 'Tischlampe' },
      price: '79.00',
      version: 5,
      kind: 'sellable',
      updated_at: '2026-03-02T08:15:04Z',
      updated_by: 'usr_2',
      deleted_at: null,
    }
    expect(events[1]).toEqual({
      id: expect.stringMatching(/^evt_[0-9A-Z]{26}$/),
      producer: 'pim',
      type: 'products.updated',
      companyId: 'cmp_7',
      subscriptionId: null,
      entity: { type: 'product', id: '1', key: 'LAMP 1', url: 'https://pim.example.com/products/1?sku=LAMP%201' },
      occurredAt: '2026-03-02T08:15:04.190Z',
      revision: {
        id: '0001-000000000152BAC0-00000001',
        operation: 'update',
        number: 5,
        previous: 4,
        at: '2026-03-02T08:15:04.190Z',
        changed: ['/name/de', '/price', '/version', '/updated_by'],
        changes: [
          { op: 'replace', path: '/name/de', before: 'Lampe', after: 'Tischlampe' },
          { op: 'replace', path: '/price', before: '89.00', after: '79.00' },
          { op: 'replace', path: '/version', before: 4, after: 5 },
          { op: 'replace', path: '/updated_by', before: 'usr_1', after: 'usr_2' },
        ],
        actor: { type: null, id: 'usr_2', name: null },
        source: { kind: null, id: null, app: null, hops: 0 },
        correlationId: null,
        causationId: null,
        stateHash: stateHash(data),
        transaction: { id: '812', index: 1, size: 2 },
      },
      batch: null,
      data,
    })
  })

  it('a creation names its leaf paths and no changes', async () => {
    const { events } = await fold([insert(row())])
    expect(events[0]).toMatchObject({
      type: 'products.created',
      revision: { operation: 'create', number: 4, previous: null, changes: [] },
    })
    expect(events[0]!.revision!.changed).toEqual([
      '/tenant',
      '/company_id',
      '/sku',
      '/name/de',
      '/price',
      '/version',
      '/kind',
      '/updated_at',
      '/updated_by',
      '/deleted_at',
    ])
  })

  it('a deletion keeps key and last state; who deleted is not who changed the row last', async () => {
    const { events } = await fold([remove(row())])
    expect(events[0]).toMatchObject({
      type: 'products.deleted',
      entity: { id: '1', key: 'LAMP 1', url: null },
      revision: {
        operation: 'delete',
        number: 4,
        previous: 4,
        changed: [],
        changes: [],
        stateHash: null,
        actor: { id: null },
      },
      data: { id: 1, sku: 'LAMP 1', name: { de: 'Lampe' } },
    })
  })

  it('a soft deletion tells the state before it, and version and actor of the row that says so', async () => {
    const { events } = await fold([update(row(), row({ ...gone, version: '5', updated_by: 'usr_9', price: '0' }))])
    expect(events[0]).toMatchObject({
      type: 'products.deleted',
      revision: { number: 5, previous: 4, actor: { id: 'usr_9' } },
      data: { price: '89.00', deleted_at: null },
    })
  })

  it('the same transaction read twice yields the same bytes', async () => {
    const changes = [insert(row({ id: '2' })), update(row(), row({ price: '1' }))]
    expect(JSON.stringify((await fold(changes)).events)).toBe(JSON.stringify((await fold(changes)).events))
  })

  it.each([
    [
      'nothing but ignored and omitted columns',
      [update(row(), row({ updated_at: '2026-03-02 08:15:04+00', cost: '11' }))],
    ],
    ['nothing at all', [update(row(), row())]],
    ['nothing but the spelling of JSON', [update(row(), row({ name: '{ "de":"Lampe" }' }))]],
    ['an insert of a deleted row', [insert(row(gone))]],
    ['a delete of a deleted row', [remove(row(gone))]],
    ['another deletion date', [update(row(gone), row({ deleted_at: '2026-04-01 00:00:00+00' }))]],
    [
      'a row outside when',
      [
        insert(row({ kind: 'draft' })),
        update(row({ id: '2', kind: 'draft' }), row({ id: '2', kind: 'draft', price: '1' })),
      ],
    ],
  ])('%s is no event', async (_, changes) => {
    expect(await told(changes)).toEqual([])
  })

  it.each([
    ['a date of deletion taken back', [update(row(gone), row())], ['products.created 1']],
    ['a row that begins to fit when', [update(row({ kind: 'draft' }), row())], ['products.created 1']],
    ['a row that stops to fit when', [update(row(), row({ kind: 'draft' }))], ['products.deleted 1']],
    ['a changed key', [update(row(), row({ id: '2' }))], ['products.deleted 1', 'products.created 2']],
    ['a company given to a row without', [update(row({ company_id: null }), row())], ['products.created 1']],
    ['a company taken away', [update(row(), row({ company_id: null }))], ['products.deleted 1']],
  ])('%s', async (_, changes, expected) => {
    expect(await told(changes)).toEqual(expected)
  })

  it('a changed company is deleted under the old one and created under the new one, each at its own position', async () => {
    const { events, report } = await fold([update(row(), row({ company_id: 'cmp_8' }))])
    expect(
      events.map(({ type, companyId, revision }) => [type, companyId, revision?.id, revision?.transaction]),
    ).toEqual([
      ['products.deleted', 'cmp_7', '0001-000000000152BAC0-00000000', { id: '812', index: 0, size: 2 }],
      ['products.created', 'cmp_8', '0001-000000000152BAC0-00000001', { id: '812', index: 1, size: 2 }],
    ])
    expect(new Set(events.map((event) => event.id)).size).toBe(2)
    expect(report.rowChanges).toBe(2)
  })

  it('composite ids are joined with a colon', async () => {
    const { events } = await fold([insert(row(), price)])
    expect(events[0]!.entity).toMatchObject({
      type: 'price',
      id: 't:1',
      url: 'https://pim.example.com/products/t%3A1?sku=LAMP%201',
    })
    expect(events[0]!.revision!.changed).not.toContain('/tenant')
  })

  it('a URL without one of its values is none', async () => {
    expect((await fold([insert(row({ sku: null }))])).events[0]!.entity).toEqual({
      type: 'product',
      id: '1',
      key: null,
      url: null,
    })
  })

  it('one database may be one company', async () => {
    const { events } = await fold([insert(row({ company_id: null }))], {
      ...SOURCE,
      company: { kind: 'value', value: 'cmp_1' },
    })
    expect(events[0]!.companyId).toBe('cmp_1')
  })

  it('a version beyond 2^53 stays text', async () => {
    const { events } = await fold([update(row({ version: '9007199254740993' }), row({ version: '9007199254740994' }))])
    expect(events[0]!.revision).toMatchObject({ previous: '9007199254740993', number: '9007199254740994' })
  })
})

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
    expect(await told(changes)).toEqual(expected)
  })

  it('what a deletion tells is the last state in the transaction; previous is the version before it', async () => {
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
    expect(await told([insert(row()), insert(row(), price)])).toEqual(['products.created 1', 'prices.created t:1'])
    expect(await told([insert(row()), insert(row(), stock)])).toEqual(['products.created 1', 'stocks.created 1'])
    expect(await told([insert(row()), remove(row(), stock)])).toEqual(['products.created 1', 'stocks.deleted 1'])
    expect(await told([update(a, b, stock), update(b, c)])).toEqual(['stocks.updated 1', 'products.updated 1'])
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
    expect(await told(changes)).toEqual(['products.deleted 1', 'products.updated 2', 'products.created 5'])
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
    expect(() => folder.add({ op: 'update', relation, before: row(), after: row() })).toThrow(
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
    expect(() => folder.add(insert(row(), relation))).toThrow(/public.product has no column sku, cost/)
  })
})

describe('context', () => {
  it('stands in every event of the transaction and counts more than the actor columns', async () => {
    const context =
      '{"actor":{"type":"app","id":"app_8","name":"ERP"},"source":{"kind":"import","id":"imp_77"},"correlationId":"c","batch":{"id":"imp_77","kind":"import"}}'
    const { events, report } = await fold([insert(row()), insert(row({ id: '2' }))], SOURCE, [context, '{broken'])
    for (const event of events) {
      expect(event).toMatchObject({
        revision: {
          actor: { type: 'app', id: 'app_8', name: 'ERP' },
          source: { kind: 'import', id: 'imp_77', app: null, hops: 0 },
          correlationId: 'c',
          causationId: null,
        },
        batch: { id: 'imp_77', kind: 'import' },
      })
    }
    expect(report.contextFaults).toEqual(['contextInvalidJson'])
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
