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
  /** Null: there is none under this name. */
  readonly publication: PublicationFacts | null
  /** What the catalogue says about these tables, by oid. */
  readonly tables: ReadonlyMap<number, CatalogueTable>
}

export interface PublicationFacts {
  readonly name: string
  readonly version: RowVersion
  readonly isOfAllTables: boolean
  /** It publishes inserts, updates, deletes and truncates. */
  readonly publishesAll: boolean
  readonly viaRoot: boolean
  readonly publishesGenerated: boolean
  /** Tables that it names, by oid. */
  readonly members: ReadonlyMap<number, PublicationMember>
}

export interface PublicationMember {
  readonly version: RowVersion
  /** It is published with a column list or a row filter. */
  readonly isNarrowed: boolean
}

export interface CatalogueTable {
  readonly isPartitioned: boolean
  readonly columns: PresentColumns
  /** It has stored generated columns. */
  readonly hasGenerated: boolean
  /** The published table above it, under whose name its changes would be published; null: they are published under its own. */
  readonly publishedAs: PublishedAncestor | null
  /** The tables that hold its rows, by oid: the partitions at the bottom of its tree, or the table itself. */
  readonly leaves: ReadonlyMap<number, FoundLeaf>
}

/** A published table, of which a captured one is a partition. */
export interface PublishedAncestor {
  /** `schema.table` */
  readonly name: string
  /** What `ALTER PUBLICATION … DROP` has to name, so that it is no longer published; null: all tables are published. */
  readonly member: string | null
}

/** A table that holds rows. */
export interface Leaf {
  /** `relfilenode`: it changes when the rows are thrown away or all rewritten (TRUNCATE, VACUUM FULL, SET UNLOGGED). */
  readonly file: string
  /** Versions of the rows of `pg_inherits` from the captured table down to it: they change when it is detached and attached again. */
  readonly path: string
}

export interface FoundLeaf extends Leaf {
  /** How many rows of `path`, counted from its end, were provably written while there was nothing below them yet. */
  readonly emptyLinks: number
  /** `xmin` of its row in `pg_class`: the transaction that wrote `file` last, unless something else was altered since. */
  readonly alteredBy: string
}

/**
 * What the catalogue said when it was last looked at, as stored in the source's mark: the state under which all changes so far were logged.
 */
export interface KnownCatalogue {
  /** Null: not known. */
  readonly publication: RowVersion | null
  /**
   * Captured table → the version of its row in the publication. Absent: published without one (a publication of all tables), or not known.
   */
  readonly members: ReadonlyMap<number, RowVersion>
  /** Captured table → its leaves. Absent: not known. */
  readonly leaves: ReadonlyMap<number, ReadonlyMap<number, Leaf>>
  /** Tables that were captured earlier and that the capture file no longer names. */
  readonly former: TableOids
  /** Our own change of the publication that was stored and may not have been committed; null: none. */
  readonly plan: PlannedPublication | null
  /** How often gaps were closed. A gap that opens later is another one, even if it is like one that was closed. */
  readonly closings: number
  /** Column histories of tables that are or were captured, by oid. */
  readonly columns: ColumnHistories
}

/** What the publication will be once our own change of it is committed; stored before that. */
export interface PlannedPublication {
  /** Id of the transaction, 64 bits as decimal text. */
  readonly xid: string
  /** The tables that it publishes. */
  readonly tables: TableOids
  readonly publication: RowVersion
  readonly members: ReadonlyMap<number, RowVersion>
}

/** How the transaction of a plan ended. Unknown: too long ago for the server to know. */
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

/** What is known after a look at the catalogue. `former`, `closings` and `columns` are kept from before. */
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
 * Applies a plan whose transaction has ended, or drops it. If the outcome is unknown it counts as committed, so what it planned must be
 * there.
 * @param captured tables that were captured when it was stored
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
