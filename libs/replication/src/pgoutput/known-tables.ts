import { nameOf, type ReplicatedSource, type TableOids } from '../replicated-source.js'

/** The name under which changes of a table are reported, whatever name the WAL has. */
export interface TableIdentity {
  readonly schema: string
  readonly table: string
}

/** By oid. */
export type KnownTables = ReadonlyMap<number, TableIdentity>

/** The tables of a source. Changes of a table that is not among them are reported under the name that the WAL has. */
export function knownTables(source: ReplicatedSource, oids: TableOids): KnownTables {
  const known = new Map<number, TableIdentity>()
  for (const { schema, table } of source.tables) {
    const oid = oids.get(nameOf({ schema, table }))
    if (oid !== undefined) known.set(oid, { schema, table })
  }
  return known
}
