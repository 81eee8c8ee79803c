import { describe, expect, it } from '@jest/globals'
import { stateHash } from '../../kernel/json/canonical-json.js'
import { SOURCE } from '../shop-source.fixture.js'
import { fold, gone, insert, price, remove, row, publishedTypes, update } from './shop-transaction.fixture.js'

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
        id: '0001-000000000152BAC0-000000000152BA41-0000-0',
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

  it('a soft deletion carries the state before it, and version and actor of the deleting row', async () => {
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
    expect(await publishedTypes(changes)).toEqual([])
  })

  it.each([
    ['a date of deletion taken back', [update(row(gone), row())], ['products.created 1']],
    ['a row that begins to fit when', [update(row({ kind: 'draft' }), row())], ['products.created 1']],
    ['a row that stops to fit when', [update(row(), row({ kind: 'draft' }))], ['products.deleted 1']],
    ['a changed key', [update(row(), row({ id: '2' }))], ['products.deleted 1', 'products.created 2']],
    ['a company given to a row without', [update(row({ company_id: null }), row())], ['products.created 1']],
    ['a company taken away', [update(row(), row({ company_id: null }))], ['products.deleted 1']],
  ])('%s', async (_, changes, expected) => {
    expect(await publishedTypes(changes)).toEqual(expected)
  })

  it('a changed company is deleted under the old one and created under the new one, each at its own position', async () => {
    const { events, report } = await fold([update(row(), row({ company_id: 'cmp_8' }))])
    expect(
      events.map(({ type, companyId, revision }) => [type, companyId, revision?.id, revision?.transaction]),
    ).toEqual([
      ['products.deleted', 'cmp_7', '0001-000000000152BAC0-000000000152BA40-0000-0', { id: '812', index: 0, size: 2 }],
      ['products.created', 'cmp_8', '0001-000000000152BAC0-000000000152BA40-0000-1', { id: '812', index: 1, size: 2 }],
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

describe('context', () => {
  it('is part of every event of the transaction and overrides the actor columns', async () => {
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
    expect([...report.contextFaults]).toEqual([['contextInvalidJson', 1]])
  })
})
