import type { CatalogueFacts, CatalogueTable, TableOids } from '@hooklane/core/capture'

/**
 * A catalogue that never changes.
 * @param columns the columns of each table; null: the tables are gone
 */
export const publishedAsTheyAre = (tables: TableOids, columns: readonly string[] | null): CatalogueFacts => ({
  oids: tables,
  startLsn: 10_000n,
  endLsn: 10_000n,
  publication: {
    name: 'p',
    version: '1/700',
    isOfAllTables: false,
    publishesAll: true,
    viaRoot: true,
    publishesGenerated: true,
    members: new Map([...tables.values()].map((oid) => [oid, { version: `${oid}/700`, isNarrowed: false }])),
  },
  tables: new Map((columns === null ? [] : [...tables.values()]).map((oid) => [oid, plainTable(columns ?? [])])),
})

const plainTable = (columns: readonly string[]): CatalogueTable => ({
  isPartitioned: false,
  hasGenerated: false,
  publishedAs: null,
  leaves: new Map(),
  columns: new Map(columns.map((name, at) => [name, at + 1])),
})
