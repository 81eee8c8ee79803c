import type { Relation, Row } from '@hooklane/core/capture'

/** The row before a change. */
export interface OldRow {
  /** Null when not all of it was logged: the replica identity was not FULL. */
  readonly before: Row | null
  /** Partitions that may be the reason; absent: the table itself is the reason. */
  readonly withoutFull?: readonly Relation[]
}

/** The messages of `pgoutput` (protocol version 1) that mean something to us; the others are `other`. */
export type PgoutputMessage =
  | { readonly tag: 'begin'; readonly xid: string; readonly commitLsn: bigint; readonly committedAtMs: number }
  | { readonly tag: 'commit'; readonly commitLsn: bigint; readonly commitEndLsn: bigint }
  | { readonly tag: 'insert'; readonly relation: Relation; readonly after: Row }
  | ({ readonly tag: 'update'; readonly relation: Relation; readonly after: Row } & OldRow)
  | ({ readonly tag: 'delete'; readonly relation: Relation } & OldRow)
  | { readonly tag: 'truncate'; readonly relations: readonly Relation[] }
  | { readonly tag: 'message'; readonly isTransactional: boolean; readonly prefix: string; readonly content: Buffer }
  /** Comes before a relation that has a column of the type. For a domain it names the base type. */
  | { readonly tag: 'type'; readonly typeOid: number; readonly schema: string; readonly name: string }
  | { readonly tag: 'other' }
