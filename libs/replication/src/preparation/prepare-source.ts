import type { CatalogueFacts, PublishedAncestor } from '@hooklane/core/capture'
import type { Client } from 'pg'
import {
  nameOf,
  type ReplicatedSource,
  type ReplicatedTable,
  type SourceHistory,
  type TableOids,
} from '../replicated-source.js'
import { SourceUnreadable } from '../source-unreadable.js'
import type { SourceWarning } from '../source-warning.js'
import { checkServer, type ServerFacts } from './check-server.js'
import { checkTables } from './check-tables.js'
import type { WasSeen } from './judge-columns.js'
import { LOOK_AT_CATALOGUE, withControlConnection, type ControlOptions } from './control-connection.js'
import { ensurePublication } from './ensure-publication.js'
import {
  ensureSlot,
  refuseActiveSlot,
  refuseForeignSlot,
  readPositionOf,
  readSlotLag,
  slotWarnings,
  type SlotLag,
  type SlotPosition,
} from './ensure-slot.js'
import { quoteName } from './quote.js'
import { readCatalogue } from './read-catalogue.js'

type ConnectionOptions = Omit<ControlOptions, 'databaseUrl'>

export interface PrepareOptions extends ConnectionOptions {
  readonly history: SourceHistory
}

/** A source that can be streamed from. */
export interface PreparedSource {
  readonly server: ServerFacts
  readonly slot: SlotPosition
  readonly tables: TableOids
  readonly warnings: readonly SourceWarning[]
  /** The catalogue before the slot was found or created. A later difference from it may have left changes out of the WAL. */
  readonly catalogue: CatalogueFacts
}

/**
 * Checks the server, the rights and the tables of a source, then creates the publication and the slot if they are missing. Order matters:
 * if a slot is older than its publication, the changes between the two cannot be decoded.
 *
 * Changes nothing if the history of the source is `open`, because another process may be reading the source, with the tables of another
 * capture file.
 *
 * @throws SourceUnreadable with the statements that fix the problem
 */
export function prepareSource(source: ReplicatedSource, options: PrepareOptions): Promise<PreparedSource> {
  const { history } = options
  return withControlConnection({ ...options, databaseUrl: source.databaseUrl }, async (client, beginStep) => {
    const server = await checkServer(client)
    await refuseOtherCluster(client, source, history)
    await refuseForeignSlot(client, source, server)
    const checked = await checkTables(client, source, { server, before: tablesOf(history), wasSeen: seenIn(history) })
    const { oids: tables } = checked
    await refuseActiveSlot(client, source, server)
    const isOpen = history.kind === 'open'
    if (!isOpen) beginStep(`the change of the publication ${source.publication}`)
    const isNew = isOpen ? false : (await ensurePublication(client, source, { server, tables })).isNew
    beginStep(LOOK_AT_CATALOGUE)
    const catalogue = await readCatalogue(client, { server, tables, publication: source.publication })
    refusePublishedAsOthers(source, catalogue)
    beginStep(`the creation of the replication slot ${source.slot}`)
    const slot = await ensureSlot(client, source, { server, history, isPublicationNew: isNew })
    const warnings = [...checked.warnings, ...slotWarnings(source, slot)]
    return { server, slot, tables, warnings, catalogue }
  })
}

/**
 * Throws if the database belongs to another cluster than the one that was read before. Call before any facts of the database are trusted or
 * stored, because a process with a wrong URL must harm neither the source nor the process that reads the source.
 */
async function refuseOtherCluster(client: Client, source: ReplicatedSource, history: SourceHistory): Promise<void> {
  if (history.kind !== 'open' || history.cluster === null) return
  const { rows } = await client.query<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()')
  if (rows[0]?.id === history.cluster) return
  throw new SourceUnreadable(
    'POSITION_BEHIND',
    `the database of ${source.name} is not the database that was read before: it belongs to another server, or the server was set up again. ` +
      `Correct the URL and restart the event-producer. To read this database from now on, ${source.resetInstructions}`,
  )
}

/** Throws if the publication also names an ancestor of a captured partition: rows of the partition would come as rows of that ancestor. */
function refusePublishedAsOthers(source: ReplicatedSource, { oids, publication, tables }: CatalogueFacts): void {
  if (!publication?.viaRoot) return
  for (const table of source.tables) {
    const root = tables.get(oids.get(nameOf(table)) ?? 0)?.publishedAs ?? null
    if (root === null) continue
    throw publishedAsOthers(source, table, root)
  }
}

function publishedAsOthers(
  source: ReplicatedSource,
  table: ReplicatedTable,
  root: PublishedAncestor,
): SourceUnreadable {
  const { publication, tables } = source
  const place = table.written?.table
  const isCaptured = tables.some((one) => nameOf(one) === root.name)
  const isDroppable = !isCaptured && root.member !== null
  return new SourceUnreadable(
    'PUBLICATION',
    `${nameOf(table)}${place === undefined ? '' : ` (${place})`} is a partition of ${root.name}, which is also in the publication ` +
      `${publication}: its rows would come as those of ${root.name}; ` +
      remedyOf(root, isCaptured),
    { statements: isDroppable ? [`ALTER PUBLICATION ${quoteName(publication)} DROP ${root.member};`] : [] },
  )
}

function remedyOf({ name, member }: PublishedAncestor, isCaptured: boolean): string {
  if (isCaptured) return 'name only one of them in the capture file'
  const other =
    member === null ? 'give the source a publication that is not FOR ALL TABLES' : 'remove it from the publication:'
  return `capture ${name} instead, or ${other}`
}

export interface Inspection {
  /** Null: there is no slot. */
  readonly lag: SlotLag | null
  readonly catalogue: CatalogueFacts
}

/**
 * Checks, while a source is being read, that it is still as it was prepared. The check is needed because nothing in the WAL shows that a
 * publication leaves changes out.
 * @throws SourceUnreadable
 */
export function inspectSource(
  source: ReplicatedSource,
  options: ConnectionOptions & { readonly tables: TableOids },
): Promise<Inspection> {
  return withControlConnection({ ...options, databaseUrl: source.databaseUrl }, async (client) => {
    const server = await checkServer(client)
    const { oids: tables } = await checkTables(client, source, { server, before: options.tables, wasSeen: () => true })
    const catalogue = await readCatalogue(client, { server, tables, publication: source.publication })
    return { lag: await readSlotLag(client, source.slot), catalogue }
  })
}

/** Returns the current position of the slot, for a source that is being read. @throws SourceUnreadable */
export function readSlotPosition(source: ReplicatedSource, options: ConnectionOptions): Promise<SlotPosition> {
  const step = `a look at the replication slot ${source.slot}`
  return withControlConnection({ ...options, step, databaseUrl: source.databaseUrl }, (client) =>
    readPositionOf(client, source.slot),
  )
}

/** Looks up columns in the history, to judge names of columns when reading begins. `inspectSource` does not judge them. */
const seenIn =
  (history: SourceHistory): WasSeen =>
  (table, column) =>
    history.kind === 'open' && (history.columns.get(nameOf(table))?.has(column) ?? false)

const tablesOf = (history: SourceHistory): TableOids | undefined =>
  history.kind === 'open' ? history.tables : undefined
