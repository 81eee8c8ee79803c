import type { CapturePlaces } from '@hooklane/config'
import { neededColumns, referencedColumns, type CaptureSource } from '@hooklane/core/capture'
import type { ReplicatedSource } from '@hooklane/replication'
import { operatorInstructions } from './operator-instructions.js'

/** Returns what the replication client reads of a captured source: its database, slot, publication, tables and columns. */
export function replicatedSourceOf(capture: CaptureSource, places: CapturePlaces): ReplicatedSource {
  return {
    name: capture.name,
    databaseUrl: capture.database,
    slot: capture.slot,
    publication: capture.publication,
    tables: capture.tables.map((table) => {
      const written = places.ofTable.get(table)
      return {
        schema: table.schema,
        table: table.table,
        columns: referencedColumns(capture, table),
        needed: neededColumns(capture, table),
        omitted: table.omit,
        id: table.id,
        ...(written === undefined ? {} : { written }),
      }
    }),
    ...operatorInstructions(capture, places.ofSource.get(capture)),
  }
}
