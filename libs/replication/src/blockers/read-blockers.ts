import type { Client } from 'pg'
import { blockerOf, type Blocker, type HolderRow } from './blocker.js'

/**
 * Returns a query that describes sessions and prepared transactions that hold locks (rows of type `HolderRow`).
 *
 * A prepared transaction has no pid. Its locks carry the virtual transaction id of the session that prepared it or, after a restart of the
 * server, a virtual transaction id of its own. Its name (`gid`) can be found only through the lock that it holds on its own transaction id.
 *
 * @param holders a query that returns the columns `pid` and `virtualtransaction`, as they are in `pg_locks`
 */
export const describeHolders = (holders: string): string => `
  SELECT h.virtualtransaction, h.pid, p.gid, s.application_name AS application, s.state,
         coalesce(s.usename, p.owner) AS login, coalesce(s.datname, p.database) AS database,
         extract(epoch FROM clock_timestamp() - coalesce(s.xact_start, p.prepared))::int8 AS seconds,
         CASE WHEN s.wait_event_type = 'Lock' THEN nullif(pg_blocking_pids(h.pid), '{}') END AS blocked_by
  FROM (${holders}) h
  LEFT JOIN pg_stat_activity s ON s.pid = h.pid
  LEFT JOIN (
    pg_prepared_xacts p JOIN pg_locks t ON t.locktype = 'transactionid' AND t.granted AND t.pid IS NULL AND t.transactionid = p.transaction
  ) ON h.pid IS NULL AND t.virtualtransaction = h.virtualtransaction
  ORDER BY seconds DESC NULLS LAST`

/** Modes of locks on tables, from weak to strong. */
const MODES = `ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
  'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']`
/**
 * For each mode, in the order of `MODES`: the index in `MODES`, from 1, of the weakest mode that conflicts with it. All modes after that
 * index conflict with it, too. The one exception: SHARE does not conflict with SHARE.
 */
const WEAKEST_CONFLICT = 'ARRAY[8, 7, 5, 4, 3, 3, 2, 1]'

/**
 * Finds what blocks the session $1. `pg_blocking_pids` returns only 0 for a prepared transaction. To find out which prepared transaction it
 * is, the query compares the lock that the session awaits with the locks that prepared transactions hold.
 * @see https://www.postgresql.org/docs/current/explicit-locking.html#TABLE-LOCK-COMPATIBILITY
 */
const BLOCKING = `
  SELECT pid, NULL AS virtualtransaction FROM unnest(pg_blocking_pids($1)) AS pid WHERE pid <> 0
  UNION
  SELECT NULL, held.virtualtransaction
  FROM pg_locks awaited JOIN pg_locks held ON held.granted AND held.pid IS NULL
    AND (held.locktype, held.database, held.relation, held.page, held.tuple, held.virtualxid, held.transactionid, held.classid, held.objid,
         held.objsubid) IS NOT DISTINCT FROM
        (awaited.locktype, awaited.database, awaited.relation, awaited.page, awaited.tuple, awaited.virtualxid, awaited.transactionid,
         awaited.classid, awaited.objid, awaited.objsubid)
    AND array_position(${MODES}, held.mode) >= (${WEAKEST_CONFLICT})[array_position(${MODES}, awaited.mode)]
    AND NOT (held.mode = 'ShareLock' AND awaited.mode = 'ShareLock')
  WHERE awaited.pid = $1 AND NOT awaited.granted`

/** Returns the blockers for which the session `pid` waits, the oldest transaction first. Empty: it waits for nobody. */
export async function readBlockers(client: Client, pid: number): Promise<readonly Blocker[]> {
  const { rows } = await client.query<HolderRow>(describeHolders(BLOCKING), [pid])
  return rows.map(blockerOf)
}
