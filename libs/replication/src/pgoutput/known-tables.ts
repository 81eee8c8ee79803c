import { nameOf, type ReplicatedSource, type TableOids } from '../replicated-source.js'

/** What a table is told as, whatever the log says. */
export interface TableIdentity {
  readonly schema: string
  readonly table: string
}

/** By oid. */
export type KnownTables = ReadonlyMap<number, TableIdentity>

/** The tables of a source. One that is missing is none of its own: its changes are told as the log says. */
export function knownTables(source: ReplicatedSource, oids: TableOids): KnownTables {
  const known = new Map<number, TableIdentity>()
  for (const { schema, table } of source.tables) {
    const oid = oids.get(nameOf({ schema, table }))
    if (oid !== undefined) known.set(oid, { schema, table })
  }
  return known
}
