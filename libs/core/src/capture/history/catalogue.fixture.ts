import fc from 'fast-check'
import type { CatalogueFacts, CatalogueTable, FoundLeaf, PublicationFacts, TableOids } from './catalogue.js'

export const leafOf = (part: Partial<FoundLeaf> = {}): FoundLeaf => ({
  file: '50',
  path: '/700',
  alteredBy: '700',
  emptyLinks: 1,
  ...part,
})

export const tableOf = (part: Partial<CatalogueTable> = {}): CatalogueTable => ({
  isPartitioned: false,
  columns: new Map([['id', 1]]),
  hasGenerated: false,
  publishedAs: null,
  leaves: new Map([[1, leafOf({ path: '' })]]),
  ...part,
})

export const partitionedBy = (leaves: Readonly<Record<number, Partial<FoundLeaf>>>): CatalogueTable =>
  tableOf({
    isPartitioned: true,
    leaves: new Map(Object.entries(leaves).map(([oid, leaf]) => [Number(oid), leafOf(leaf)])),
  })

export const publicationOf = (part: Partial<PublicationFacts> = {}): PublicationFacts => ({
  name: 'p',
  version: '90/700',
  isOfAllTables: false,
  publishesAll: true,
  viaRoot: true,
  publishesGenerated: true,
  members: new Map([[1, { version: '91/700', isNarrowed: false }]]),
  ...part,
})

export const OIDS: TableOids = new Map([['public.a', 1]])

export const factsOf = (part: Partial<CatalogueFacts> = {}): CatalogueFacts => ({
  oids: OIDS,
  startLsn: 1n,
  endLsn: 1n,
  publication: publicationOf(),
  tables: new Map([[1, tableOf()]]),
  ...part,
})

const row = fc.tuple(fc.nat(99), fc.nat(99)).map(([oid, xmin]) => `${oid}/${xmin}`)
const leaf = fc.record({
  file: fc.nat(9).map(String),
  path: fc.nat(9).map((xmin) => `/${xmin}`),
  alteredBy: fc.nat(9).map(String),
  emptyLinks: fc.nat(1),
})
const mapOf = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<number, T>> =>
  fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), value), { maxLength: 5 }).map((entries) => new Map(entries))

const columnsOf = fc
  .uniqueArray(fc.constantFrom('id', 'sku', 'cost', '__proto__'))
  .map((names) => new Map(names.map((name, i) => [name, i + 1])))

/** Catalogues whose publication leaves out no changes. */
export const wholeFacts: fc.Arbitrary<CatalogueFacts> = fc
  .record({
    names: fc.subarray(['public.a', 'public.b', '__proto__'], { minLength: 1 }),
    publication: row,
    members: fc.array(row, { minLength: 3, maxLength: 3 }),
    isOfAllTables: fc.boolean(),
    isPartitioned: fc.boolean(),
    columns: columnsOf,
    leaves: fc.array(mapOf(leaf), { minLength: 3, maxLength: 3 }),
  })
  .map(({ names, publication, members, isOfAllTables, isPartitioned, columns, leaves }) => {
    const oids = new Map(names.map((name, i) => [name, i + 1]))
    const ofEach = <T>(make: (oid: number) => T): Map<number, T> =>
      new Map([...oids.values()].map((oid) => [oid, make(oid)]))
    return {
      oids,
      startLsn: 0x1_0000_0000n,
      endLsn: 0x1_0000_0000n,
      publication: publicationOf({
        version: publication,
        isOfAllTables,
        members: isOfAllTables ? new Map() : ofEach((oid) => ({ version: members[oid - 1] ?? '', isNarrowed: false })),
      }),
      tables: ofEach((oid) => tableOf({ isPartitioned, columns, leaves: leaves[oid - 1] ?? new Map() })),
    }
  })
