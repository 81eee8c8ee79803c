import type { ReplicatedSource, SourceHistory, TableOids } from '../replicated-source.js'
import type { NotLoggedColumns } from '../pgoutput/known-tables.js'
import type { SourceWarning } from '../source-warning.js'
import { checkServer } from './check-server.js'
import { checkTables } from './check-tables.js'
import { withControlConnection, type ControlOptions } from './control-connection.js'
import { ensurePublication, inspectPublication } from './ensure-publication.js'
import {
  ensureSlot,
  readPositionOf,
  readSlotLag,
  slotWarnings,
  type ReadySlot,
  type SlotLag,
  type SlotPosition,
} from './ensure-slot.js'

type ConnectionOptions = Omit<ControlOptions, 'databaseUrl'>

export interface PrepareOptions extends ConnectionOptions {
  readonly history: SourceHistory
}

/** A source that can be streamed from. */
export interface PreparedSource {
  readonly slot: ReadySlot
  readonly tables: TableOids
  readonly notLogged: NotLoggedColumns
  /** Tables that are captured from now on although the slot is older; what was committed of them before is not published. */
  readonly added: readonly string[]
  readonly warnings: readonly SourceWarning[]
}

/**
 * Looks whether the source can be read, and makes what is missing: server, rights, tables, then the publication, then the slot.
 * Order matters: a slot that is older than its publication cannot decode what lies between.
 *
 * @throws SourceRefused with the statements that cure it
 */
export function prepareSource(source: ReplicatedSource, options: PrepareOptions): Promise<PreparedSource> {
  const { history } = options
  return withControlConnection({ ...options, databaseUrl: source.databaseUrl }, async (client) => {
    const server = await checkServer(client)
    const {
      oids: tables,
      notLogged,
      warnings,
    } = await checkTables(client, source, {
      server,
      before: tablesOf(history),
    })
    const publication = await ensurePublication(client, source, { server, tables, history })
    const slot = await ensureSlot(client, source, { server, history, isPublicationNew: publication.isNew })
    const added = history.kind === 'open' ? publication.added : []
    return { slot, tables, notLogged, added, warnings: [...warnings, ...slotWarnings(source, slot)] }
  })
}

/**
 * Looks whether a source that is being read is still as it was prepared: what a publication leaves out is silent in the log. Answers how
 * far its slot is; null when there is none.
 *
 * @throws SourceRefused
 */
export function inspectSource(
  source: ReplicatedSource,
  options: ConnectionOptions & { readonly tables: TableOids },
): Promise<SlotLag | null> {
  const history: SourceHistory = { kind: 'open', upTo: '', tables: options.tables }
  return withControlConnection({ ...options, databaseUrl: source.databaseUrl }, async (client) => {
    const server = await checkServer(client)
    const { oids: tables } = await checkTables(client, source, { server, before: options.tables })
    await inspectPublication(client, source, { server, tables, history })
    return readSlotLag(client, source.slot)
  })
}

/** Where the slot of a source that is being read is now. @throws SourceRefused */
export function readSlotPosition(source: ReplicatedSource, options: ConnectionOptions): Promise<SlotPosition> {
  return withControlConnection({ ...options, databaseUrl: source.databaseUrl }, (client) =>
    readPositionOf(client, source.slot),
  )
}

const tablesOf = (history: SourceHistory): TableOids | undefined =>
  history.kind === 'open' ? history.tables : undefined
