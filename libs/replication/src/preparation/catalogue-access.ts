import type { CatalogueFacts, PlanOutcome, PublicationFacts } from '@hooklane/core/capture'
import { DatabaseError, type Client } from 'pg'
import type { ReplicatedSource, TableOids } from '../replicated-source.js'
import { SourceUnreadable } from '../source-unreadable.js'
import type { ServerFacts } from './check-server.js'
import { withControlConnection, type BeginStep, type ControlOptions } from './control-connection.js'
import { changePublication, type NotePlan } from './ensure-publication.js'
import { readCatalogue } from './read-catalogue.js'

/** Access to the catalogue and the publication of a source, for the only process that reads the source. */
export interface CatalogueAccess {
  /** Reads the current state of the publication and of the tables. */
  read(): Promise<CatalogueFacts>
  /** Returns the outcome of a transaction that changes the publication. @throws SourceUnreadable when the transaction has not ended */
  outcomeOf(xid: string): Promise<PlanOutcome>
  /**
   * Changes the publication so that it holds exactly the source's tables.
   * @param judged the publication as `read` has returned it
   * @param note called only when something has to change
   * @throws SourceUnreadable also when somebody else has changed the publication since it was read
   */
  alignPublication(judged: PublicationFacts | null, note: NotePlan): Promise<void>
}

export interface CatalogueAccessOptions extends Omit<ControlOptions, 'databaseUrl'> {
  readonly server: ServerFacts
  readonly tables: TableOids
  /** Called with the names of tables that were added to the publication. */
  readonly onAdded?: ((tables: readonly string[]) => void) | undefined
}

export function catalogueAccess(source: ReplicatedSource, options: CatalogueAccessOptions): CatalogueAccess {
  const { server, tables, onAdded } = options
  const connected = <T>(work: (client: Client, beginStep: BeginStep) => Promise<T>): Promise<T> =>
    withControlConnection({ ...options, databaseUrl: source.databaseUrl }, work)
  return {
    read: () => connected((client) => readCatalogue(client, { server, tables, publication: source.publication })),
    outcomeOf: (xid) => connected((client) => readOutcome(client, xid)),
    alignPublication: async (judged, note) => {
      const options = { server, tables, judged, note }
      const { added } = await connected((client, beginStep) => {
        beginStep(`the change of the publication ${source.publication}`)
        return changePublication(client, source, options)
      })
      if (added.length > 0) onAdded?.(added)
    },
  }
}

/** SQLSTATE of "transaction ID … is in the future" (invalid_parameter_value). */
const IN_THE_FUTURE = '22023'

async function readOutcome(client: Client, xid: string): Promise<PlanOutcome> {
  const status = await readStatus(client, xid)
  switch (status) {
    case 'committed':
    case 'aborted':
      return status
    case 'in progress':
      throw new SourceUnreadable(
        'DATABASE_ERROR',
        `the transaction ${xid}, in which this or another event-producer changes the publication, has not ended`,
      )
    case null:
    default:
      return 'unknown'
  }
}

async function readStatus(client: Client, xid: string): Promise<string | null> {
  try {
    const { rows } = await client.query<{ status: string | null }>('SELECT pg_xact_status($1::xid8) AS status', [xid])
    return rows[0]?.status ?? null
  } catch (error) {
    // The database was restored to an earlier state, or a standby that had not received the transaction took over. So the transaction
    // never happened on this server.
    if (error instanceof DatabaseError && error.code === IN_THE_FUTURE) return 'aborted'
    throw error
  }
}
