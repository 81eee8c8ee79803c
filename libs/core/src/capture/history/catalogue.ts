import type { ColumnHistories, PresentColumns } from './column-history.js'
import type { LookInterval } from './column-looks.js'

/** Table (`schema.table`, as the source names it) → oid. */
export type TableOids = ReadonlyMap<string, number>

/**
 * One version of a row of the catalogue: `oid/xmin`. A row that was altered or removed, and then put back to what it was, has another
 * version.
 */
export type RowVersion = string

/** What the catalogue says, at one moment, about how the changes of a source's tables get into the WAL. */
export interface CatalogueFacts extends LookInterval {
  /** The source's tables. */
  readonly oids: TableOids
  /** Null: there is no publication of this name. */
  readonly publication: PublicationFacts | null
  /** What the catalogue says about the source's tables, by oid. */
  readonly tables: ReadonlyMap<number, CatalogueTable>
}

export interface PublicationFacts {
  readonly name: string
  readonly version: RowVersion
  readonly isOfAllTables: boolean
  /** Whether it publishes inserts, updates, deletes and truncates. */
  readonly publishesAll: boolean
  readonly viaRoot: boolean
  readonly publishesGenerated: boolean
  /** Tables that the publication names, by oid. */
  readonly members: ReadonlyMap<number, PublicationMember>
}

export interface PublicationMember {
  readonly version: RowVersion
  /** Whether the table is published with a column list or a row filter. */
  readonly isNarrowed: boolean
}

export interface CatalogueTable {
  readonly isPartitioned: boolean
  readonly columns: PresentColumns
  /** Whether the table has stored generated columns. */
  readonly hasGenerated: boolean
  /**
   * The published table that has this table as a partition. With `viaRoot`, changes are published under that table's name. Null: there is
   * none.
   */
  readonly publishedAs: PublishedAncestor | null
  /** The tables that hold its rows, by oid: the partitions at the bottom of its tree, or the table itself. */
  readonly leaves: ReadonlyMap<number, FoundLeaf>
}

/** A published table that has a captured table as a partition. */
export interface PublishedAncestor {
  /** `schema.table` */
  readonly name: string
  /** The name that `ALTER PUBLICATION … DROP` needs so that this table is no longer published. Null: the publication is FOR ALL TABLES. */
  readonly member: string | null
}

/** A table that holds rows itself. */
export interface Leaf {
  /** `relfilenode`: it changes when the rows are thrown away or all rewritten (TRUNCATE, VACUUM FULL, SET UNLOGGED). */
  readonly file: string
  /**
   * Versions of the `pg_inherits` rows from the captured table down to this leaf. The path changes when the leaf is detached and attached
   * again.
   */
  readonly path: string
}

export interface FoundLeaf extends Leaf {
  /** How many `pg_inherits` rows of `path`, counted from its end, were provably written while the attached table was empty. */
  readonly emptyLinks: number
  /**
   * `xmin` of the leaf's row in `pg_class`: the transaction that last changed `file`, or a later one that altered the table in another way.
   */
  readonly alteredBy: string
}

/**
 * What the catalogue said when it was last read. All changes so far were logged under this state. It is stored in the source's mark (table
 * `capture_mark`).
 */
export interface KnownCatalogue {
  /** Null: not known. */
  readonly publication: RowVersion | null
  /**
   * Captured table → version of the row that makes it a member of the publication. Absent: it needs no such row (the publication is FOR ALL
   * TABLES), or the version is not known.
   */
  readonly members: ReadonlyMap<number, RowVersion>
  /** Captured table → its leaves. Absent: not known. */
  readonly leaves: ReadonlyMap<number, ReadonlyMap<number, Leaf>>
  /** Tables that were captured earlier and that the capture file no longer names. */
  readonly former: TableOids
  /** Our own change of the publication. It was stored first, and its transaction may not have committed. Null: there is none. */
  readonly plan: PlannedPublication | null
  /**
   * How often gaps were closed. The number is part of a gap's id (`gapId`), so that a later gap has another id than a similar closed one.
   */
  readonly closings: number
  /** Column histories of tables that are or were captured, by oid. */
  readonly columns: ColumnHistories
}

/** The publication as it will be when our own change of it has committed. Stored before the commit. */
export interface PlannedPublication {
  /** Id of the transaction, 64 bits as decimal text. */
  readonly xid: string
  /** The tables that it publishes. */
  readonly tables: TableOids
  readonly publication: RowVersion
  readonly members: ReadonlyMap<number, RowVersion>
}

/** How the transaction of a plan ended. `unknown`: it ended so long ago that the server no longer knows. */
export type PlanOutcome = 'committed' | 'aborted' | 'unknown'

export const NOTHING_KNOWN: KnownCatalogue = {
  publication: null,
  members: new Map(),
  leaves: new Map(),
  former: new Map(),
  plan: null,
  closings: 0,
  columns: new Map(),
}

/** What is known after the catalogue was read. `former`, `closings` and `columns` are kept from before. */
export function knownFrom(
  { oids, publication, tables }: CatalogueFacts,
  { former, closings, columns }: Pick<KnownCatalogue, 'former' | 'closings' | 'columns'> = NOTHING_KNOWN,
): KnownCatalogue {
  const captured = [...oids.values()]
  const members = captured.flatMap((oid) => {
    const member = publication?.members.get(oid)
    return member ? [[oid, member.version] as const] : []
  })
  const leaves = captured.map((oid) => [oid, leavesOf(tables.get(oid))] as const)
  return {
    publication: publication?.version ?? null,
    members: new Map(members),
    leaves: new Map(leaves),
    former,
    closings,
    plan: null,
    columns: new Map([...columns].filter(([oid]) => tables.has(oid) || [...former.values()].includes(oid))),
  }
}

const leavesOf = (table: CatalogueTable | undefined): ReadonlyMap<number, Leaf> =>
  new Map([...(table?.leaves ?? [])].map(([oid, { file, path }]) => [oid, { file, path }]))

/**
 * Applies the plan if its transaction committed, and drops it if the transaction aborted. An unknown outcome counts as committed. Then a
 * planned table that the publication lacks is found as a gap.
 * @param captured tables that were captured when the plan was stored
 */
export function withOutcome(
  known: KnownCatalogue,
  captured: TableOids,
  outcome: PlanOutcome,
): { readonly known: KnownCatalogue; readonly captured: TableOids } {
  const { plan } = known
  if (!plan || outcome === 'aborted') return { known: { ...known, plan: null }, captured }
  const members = new Map([...known.members, ...plan.members])
  return {
    known: { ...known, publication: plan.publication, members, plan: null },
    captured: new Map([...captured, ...plan.tables]),
  }
}
