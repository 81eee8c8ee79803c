import { nameOf, type ReplicatedSource, type TableOids } from '../replicated-source.js'

/** The name under which changes of a table are reported, even if the WAL names the table differently. */
export interface TableIdentity {
  readonly schema: string
  readonly table: string
}

/** Captured tables by oid. */
export type KnownTables = ReadonlyMap<number, TableIdentity>

/** Returns the tables of a source. Changes of any other table are reported under the name in the WAL. */
export function knownTables(source: ReplicatedSource, oids: TableOids): KnownTables {
  const known = new Map<number, TableIdentity>()
  for (const { schema, table } of source.tables) {
    const oid = oids.get(nameOf({ schema, table }))
    if (oid !== undefined) known.set(oid, { schema, table })
  }
  return known
}
