import { withControlConnection } from './preparation/control-connection.js'
import type { ReplicatedSource } from './replicated-source.js'

/**
 * Who has written to a table holds this lock until the end of the transaction, or a stronger one; a prepared transaction as well. Of others
 * (`VACUUM`, `CREATE INDEX CONCURRENTLY`) no change of a row is waited for.
 */
const WRITERS = `
  SELECT DISTINCT virtualtransaction AS writer FROM pg_locks
  WHERE locktype = 'relation' AND granted AND pid IS DISTINCT FROM pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`

/**
 * The open transactions of the captured database that may have written something: names that no later transaction gets.
 * @throws SourceRefused
 */
export function readOpenWriters(
  { databaseUrl }: ReplicatedSource,
  applicationName: string,
): Promise<readonly string[]> {
  return withControlConnection({ databaseUrl, applicationName }, async (client) => {
    const { rows } = await client.query<{ writer: string }>(WRITERS)
    return rows.map(({ writer }) => writer)
  })
}
