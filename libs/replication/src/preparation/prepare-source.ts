import type { ReplicatedSource } from '../replicated-source.js'
import { checkServer } from './check-server.js'
import { checkTables } from './check-tables.js'
import { withControlConnection } from './control-connection.js'
import { ensurePublication } from './ensure-publication.js'
import { ensureSlot, readSlotLag, type EnsureSlotOptions, type ReadySlot, type SlotLag } from './ensure-slot.js'

export interface PrepareOptions extends EnsureSlotOptions {
  readonly applicationName: string
  readonly signal?: AbortSignal
}

/**
 * Looks whether the source can be read, and makes what is missing: server, rights, tables, then the publication, then the slot.
 * Order matters: a slot that is older than its publication cannot decode what lies between.
 *
 * @throws SourceRefused with the statements that cure it
 */
export function prepareSource(source: ReplicatedSource, options: PrepareOptions): Promise<ReadySlot> {
  return withControlConnection({ ...options, databaseUrl: source.databaseUrl }, async (client) => {
    const server = await checkServer(client)
    await checkTables(client, source.tables)
    await ensurePublication(client, source, server)
    return ensureSlot(client, source, server, options)
  })
}

/** @throws SourceRefused when the database does not answer */
export function slotLag(
  source: ReplicatedSource,
  options: { readonly applicationName: string; readonly signal?: AbortSignal },
): Promise<SlotLag | null> {
  return withControlConnection({ ...options, databaseUrl: source.databaseUrl }, (client) =>
    readSlotLag(client, source.slot),
  )
}
