import { blockerOf, type Blocker, type HolderRow } from './blockers/blocker.js'
import { describeHolders } from './blockers/read-blockers.js'
import { withControlConnection, type ControlOptions } from './preparation/control-connection.js'
import type { ReplicatedSource } from './replicated-source.js'

/**
 * Finds transactions that may have written to a table. Such a transaction, prepared or not, holds one of these locks on the table until
 * the transaction ends. The lock of `VACUUM` and `CREATE INDEX CONCURRENTLY` is left out, because these commands change no rows.
 */
const WRITERS = `
  SELECT DISTINCT pid, virtualtransaction FROM pg_locks
  WHERE locktype = 'relation' AND granted AND pid IS DISTINCT FROM pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`

/**
 * Returns the open transactions of the captured database that may have written something, by virtual transaction id. No later transaction
 * gets the same id before the server restarts, and a restart also ends our connection.
 * @throws SourceUnreadable
 */
export function readOpenWriters(
  { databaseUrl }: ReplicatedSource,
  options: Omit<ControlOptions, 'databaseUrl'>,
): Promise<ReadonlyMap<string, Blocker>> {
  return withControlConnection({ step: 'a look at open transactions', ...options, databaseUrl }, async (client) => {
    const { rows } = await client.query<HolderRow>(describeHolders(WRITERS))
    return new Map(rows.map((row) => [row.virtualtransaction, blockerOf(row)]))
  })
}
