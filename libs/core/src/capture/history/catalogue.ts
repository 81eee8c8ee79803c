import type { ColumnHistories, PresentColumns } from './column-history.js'

/** Table (`schema.table`, as the source names it) → oid. */
export type TableOids = ReadonlyMap<string, number>

/**
 * Which row of the catalogue it is, and which version of it: `oid/xmin`. A row that was altered, or removed, and then put back to what it was is
 * another version.
 */
export type RowVersion = string

/** What the catalogue says of how the changes of a source's tables get into the log, at one moment. */
export interface CatalogueFacts {
  /** The source's tables. */
  readonly oids: TableOids
  /** Null: there is none under this name. */
  readonly publication: PublicationFacts | null
  /** What is said of them, by oid. */
  readonly tables: ReadonlyMap<number, CatalogueTable>
}

export interface PublicationFacts {
  readonly name: string
  readonly version: RowVersion
  readonly isOfAllTables: boolean
  /** Inserts, updates, deletes and truncates. */
  readonly publishesAll: boolean
  readonly viaRoot: boolean
  readonly publishesGenerated: boolean
  /** Tables that it names, by oid. */
  readonly members: ReadonlyMap<number, PublicationMember>
}

export interface PublicationMember {
  readonly version: RowVersion
  /** A column list or a row filter stands on it. */
  readonly isNarrowed: boolean
}

export interface CatalogueTable {
  readonly isPartitioned: boolean
  readonly columns: PresentColumns
  /** It has stored generated columns. */
  readonly hasGenerated: boolean
  /** The published table above it, as whose its changes would be published; null: it is published as itself. */
  readonly publishedAs: string | null
  /** What holds its rows, by oid: the partitions at the bottom of its tree, or the table itself. */
  readonly leaves: ReadonlyMap<number, FoundLeaf>
}

/** A table that holds rows. */
export interface Leaf {
  /** `relfilenode`: another one when the rows were thrown away or all rewritten (TRUNCATE, VACUUM FULL, SET UNLOGGED). */
  readonly file: string
  /** Versions of the rows of `pg_inherits` from the captured table down to it: others when it was detached and attached. */
  readonly path: string
}

export interface FoundLeaf extends Leaf {
  /** How many rows of `path`, counted from its end, were written when there was nothing below them yet, as far as that can be proved. */
  readonly emptyLinks: number
  /** `xmin` of its row in `pg_class`: what wrote `file` last, unless something else was altered since. */
  readonly alteredBy: string
}

/** What the catalogue said when it was last looked at, as the mark keeps it: the state under which all changes so far got into the log. */
export interface KnownCatalogue {
  /** Null: not known. */
  readonly publication: RowVersion | null
  /** Captured table → the version of its row in the publication. Absent: published without one (a publication of all tables), or not known. */
  readonly members: ReadonlyMap<number, RowVersion>
  /** Captured table → its leaves. Absent: not known. */
  readonly leaves: ReadonlyMap<number, ReadonlyMap<number, Leaf>>
  /** Tables that were captured earlier and that the capture file named no longer. */
  readonly former: TableOids
  /** Our own change of the publication that was noted and may not have been committed; null: none. */
  readonly plan: PublicationPlan | null
  /** How often gaps were closed: a gap like one that was closed is another one. */
  readonly closings: number
  /** Of tables that are captured, or were; by oid. */
  readonly columns: ColumnHistories
}

/** A change of the publication by ourselves, noted before its transaction commits. */
export interface PublicationPlan {
  /** Of the transaction, 64 bits as decimal text. */
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

/** What is known once the catalogue was looked at, with what outlives a look. */
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
 * Applies a plan whose transaction has ended, or drops it. In doubt it counts as committed: then what it planned must be there.
 * @param captured tables that were captured when it was noted
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
