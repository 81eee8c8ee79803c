import type { Relation, Row } from '@hooklane/core'

/** The messages of `pgoutput` (protocol version 1) that mean something to us; the others are `other`. */
export type PgoutputMessage =
  | { readonly tag: 'begin'; readonly xid: string; readonly commitLsn: bigint; readonly committedAtMs: number }
  | { readonly tag: 'commit'; readonly commitLsn: bigint; readonly commitEndLsn: bigint }
  | { readonly tag: 'insert'; readonly relation: Relation; readonly after: Row }
  /** `before` is null when the table's replica identity is not FULL. */
  | { readonly tag: 'update'; readonly relation: Relation; readonly before: Row | null; readonly after: Row }
  | { readonly tag: 'delete'; readonly relation: Relation; readonly before: Row | null }
  | { readonly tag: 'truncate'; readonly relations: readonly Relation[] }
  | { readonly tag: 'message'; readonly isTransactional: boolean; readonly prefix: string; readonly content: Buffer }
  /** Comes before a relation that has a column of the type. Of a domain it names the type that the domain stands on. */
  | { readonly tag: 'type'; readonly typeOid: number; readonly schema: string; readonly name: string }
  | { readonly tag: 'other' }
