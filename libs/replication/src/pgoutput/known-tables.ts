import { nameOf, type ReplicatedSource, type TableOids } from '../replicated-source.js'

/** What a table is told as, whatever the log says. */
export interface TableIdentity {
  readonly schema: string
  readonly table: string
  /** See `Relation.notLogged`. */
  readonly notLogged?: readonly string[]
}

/** By oid. */
export type KnownTables = ReadonlyMap<number, TableIdentity>

/** Table (`schema.table`) → its columns that the log does not carry. */
export type NotLoggedColumns = ReadonlyMap<string, readonly string[]>

/** The tables of a source. One that is missing is none of its own: its changes are told as the log says. */
export function knownTables(source: ReplicatedSource, oids: TableOids, notLogged: NotLoggedColumns): KnownTables {
  const known = new Map<number, TableIdentity>()
  for (const { schema, table } of source.tables) {
    const name = nameOf({ schema, table })
    const oid = oids.get(name)
    if (oid !== undefined) known.set(oid, { schema, table, notLogged: notLogged.get(name) ?? [] })
  }
  return known
}
