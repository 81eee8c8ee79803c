import type { CapturedTable, CaptureSource } from './capture-configuration.js'

/** The captured tables of a shop. */

export const PRODUCT: CapturedTable = {
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

export const SOURCE: CaptureSource = {
  name: 'pim',
  database: 'postgres://db/pim',
  epoch: 1,
  company: { kind: 'column', column: 'company_id' },
  timezone: 'UTC',
  slot: 'hooklane_pim',
  publication: 'hooklane_pim',
  accept: [],
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
