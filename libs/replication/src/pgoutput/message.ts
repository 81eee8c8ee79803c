import type { Relation, Row } from '@hooklane/core/capture'

/** The row before a change. */
export interface OldRow {
  /** Null when the WAL does not hold the whole old row, because the replica identity was not FULL. */
  readonly before: Row | null
  /** Partitions without REPLICA IDENTITY FULL, one of which may be the reason why `before` is null. Absent: no partition is the reason. */
  readonly withoutFull?: readonly Relation[]
}

/** A message of `pgoutput` (protocol version 1). `other` stands for every message that Hooklane does not use. */
export type PgoutputMessage =
  | { readonly tag: 'begin'; readonly xid: string; readonly commitLsn: bigint; readonly committedAtMs: number }
  | { readonly tag: 'commit'; readonly commitLsn: bigint; readonly commitEndLsn: bigint }
  | { readonly tag: 'insert'; readonly relation: Relation; readonly after: Row }
  | ({ readonly tag: 'update'; readonly relation: Relation; readonly after: Row } & OldRow)
  | ({ readonly tag: 'delete'; readonly relation: Relation } & OldRow)
  | { readonly tag: 'truncate'; readonly relations: readonly Relation[] }
  | { readonly tag: 'message'; readonly isTransactional: boolean; readonly prefix: string; readonly content: Buffer }
  /** Comes before the description of a table with a column of this type. For a domain, `schema` and `name` are those of its base type. */
  | { readonly tag: 'type'; readonly typeOid: number; readonly schema: string; readonly name: string }
  | { readonly tag: 'other' }
