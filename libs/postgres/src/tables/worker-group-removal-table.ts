import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'
import type { EntityManager } from 'typeorm'

/** Most groups of one step. */
const BATCH = 100
/** A reservation that is older was given up: no request lasts that long. Lower: the topics of one that is slow are taken from it. */
const RESERVED_MINUTES = 10

const FORGOTTEN = `app_id IS NOT NULL AND ready_at IS NULL AND ended_at IS NULL AND removed_at IS NULL
  AND reserved_at < now() - make_interval(mins => $1)`

/**
 * The way of an app's own worker group after the app, in steps that may each be done again: ended (with the app) → closed → removed. All in the
 * scope `operator`; several processes at once share the work.
 */
export class WorkerGroupRemovalTable {
  constructor(private readonly manager: EntityManager) {}

  /** Whether one of the other methods would find something: asked often. */
  async isDue(): Promise<boolean> {
    const rows = await this.manager.query<{ is_due: boolean }[]>(
      `SELECT EXISTS (SELECT FROM hooklane.ended_stream WHERE settled_at IS NOT NULL)
         OR EXISTS (SELECT FROM hooklane.worker_group WHERE removed_at IS NULL AND ended_at IS NOT NULL)
         OR EXISTS (SELECT FROM hooklane.worker_group WHERE ${FORGOTTEN}) AS is_due`,
      [RESERVED_MINUTES],
    )
    return rows[0]?.is_due === true
  }

  /** Groups that were reserved for apps which were not made. */
  async endForgotten(): Promise<void> {
    await this.manager.query(`UPDATE hooklane.worker_group SET ended_at = now() WHERE ${FORGOTTEN}`, [RESERVED_MINUTES])
  }

  /**
   * Closes ended groups in which everything is settled: nobody is given a lease any more; whoever holds one gives it back when the configuration
   * says that the group is gone. Returns the names, which must go from the configuration in this transaction.
   */
  async close(): Promise<readonly string[]> {
    const rows = await this.manager.query<{ name: string }[]>(
      `WITH settled AS (
         SELECT name FROM hooklane.worker_group g
         WHERE ended_at IS NOT NULL AND closed_at IS NULL AND removed_at IS NULL
           AND NOT EXISTS (SELECT FROM hooklane.ended_stream s WHERE s.worker_group = g.name)
         LIMIT $1 FOR UPDATE SKIP LOCKED),
       closed AS (UPDATE hooklane.worker_group g SET closed_at = now() FROM settled WHERE g.name = settled.name),
       shut AS (UPDATE hooklane.partition_owner o SET is_closed = true FROM settled WHERE o.worker_group = settled.name)
       SELECT name FROM settled`,
      [BATCH],
    )
    return rows.map(({ name }) => name)
  }

  /** Closed groups of which nobody holds a lease: nothing reads or writes their topics any more. */
  async removable(): Promise<readonly WorkerGroupConfiguration[]> {
    return this.manager.query<WorkerGroupConfiguration[]>(
      `SELECT name, partitions, slots FROM hooklane.worker_group g
       WHERE closed_at IS NOT NULL AND removed_at IS NULL AND NOT EXISTS (
         SELECT FROM hooklane.partition_owner o WHERE o.worker_group = g.name AND o.lease_until > clock_timestamp())
       ORDER BY closed_at LIMIT $1`,
      [BATCH],
    )
  }

  /** Their topics are gone. The names stay taken: who was frozen while it removed one of them must not meet another group under its name. */
  async remove(names: readonly string[]): Promise<void> {
    await this.manager.query('DELETE FROM hooklane.lane WHERE worker_group = ANY ($1)', [names])
    await this.manager.query('DELETE FROM hooklane.partition_owner WHERE worker_group = ANY ($1)', [names])
    await this.manager.query('UPDATE hooklane.worker_group SET removed_at = now() WHERE name = ANY ($1)', [names])
  }
}
