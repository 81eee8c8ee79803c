import type { CapturePlaces } from '@hooklane/config'
import { neededColumns, qualifiedName, referencedColumns, type CaptureSource } from '@hooklane/core/capture'
import type { ReplicatedSource } from '@hooklane/replication'

/** What is read from a captured source, and what a person has to do when it cannot be read on. */
export function replicatedSourceOf(capture: CaptureSource, places: CapturePlaces): ReplicatedSource {
  const place = places.ofSource.get(capture)
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
    resetInstructions:
      `raise the source's epoch in the capture file to ${capture.epoch + 1}${place === undefined ? '' : ` (${place})`}, restart the ` +
      `event-producer, and let receivers fetch everything again when it is ready`,
    // Includes the ids that the file accepts already: an accepted gap is closed only when nothing else keeps the source from being read.
    acceptInstructions: (ids, tables) =>
      `write \`accept: [${[...new Set([...capture.accept, ...ids])].join(', ')}]\` below the source${place === undefined ? '' : ` (${place})`} and ` +
      `restart the event-producer: receivers are then told to fetch ${resourcesOf(capture, tables).join(', ')} again`,
  }
}

const resourcesOf = ({ tables }: CaptureSource, names: readonly string[]): string[] =>
  tables.filter((table) => names.includes(qualifiedName(table))).map(({ resource }) => resource)
