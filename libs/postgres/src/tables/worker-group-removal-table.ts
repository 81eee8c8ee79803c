import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'
import type { EntityManager } from 'typeorm'

/** Maximum number of groups per step. */
const BATCH = 100
/**
 * How long a group may stay reserved for an app that is being created; an older reservation counts as forgotten. Too low: a slow request
 * loses the topics of its group. Too high: the topics of forgotten groups are removed late.
 */
const RESERVED_MINUTES = 10

const FORGOTTEN = `app_id IS NOT NULL AND ready_at IS NULL AND ended_at IS NULL AND removed_at IS NULL
  AND reserved_at < now() - make_interval(mins => $1)`

/**
 * Removes dedicated worker groups whose apps are deleted. A group passes through the states ended (together with its app) → closed →
 * removed; each step can be repeated. All methods need the scope `operator`. Several processes share the work.
 */
export class WorkerGroupRemovalTable {
  constructor(private readonly manager: EntityManager) {}

  /** Whether one of the other methods may have work. The query is cheap, because this method is called often. */
  async isDue(): Promise<boolean> {
    const rows = await this.manager.query<{ is_due: boolean }[]>(
      `SELECT EXISTS (SELECT FROM hooklane.ended_stream WHERE settled_at IS NOT NULL)
         OR EXISTS (SELECT FROM hooklane.worker_group WHERE removed_at IS NULL AND ended_at IS NOT NULL)
         OR EXISTS (SELECT FROM hooklane.worker_group WHERE ${FORGOTTEN}) AS is_due`,
      [RESERVED_MINUTES],
    )
    return rows[0]?.is_due === true
  }

  /** Ends groups that were reserved for apps that were never created. */
  async endForgotten(): Promise<void> {
    await this.manager.query(`UPDATE hooklane.worker_group SET ended_at = now() WHERE ${FORGOTTEN}`, [RESERVED_MINUTES])
  }

  /**
   * Closes ended groups whose deliveries are all settled. A dispatcher cannot acquire a lease of a closed group. A dispatcher that holds a
   * lease releases it when the group disappears from the configuration. Returns the names of the closed groups; the caller must remove
   * them from the configuration in the same transaction.
   */
  async close(): Promise<readonly string[]> {
    const rows = await this.manager.query<{ name: string }[]>(
      `WITH settled AS (
         SELECT name FROM hooklane.worker_group g
         WHERE ended_at IS NOT NULL AND closed_at IS NULL AND removed_at IS NULL
           AND NOT EXISTS (SELECT FROM hooklane.ended_stream s WHERE s.worker_group = g.name)
         LIMIT $1 FOR UPDATE SKIP LOCKED),
       closed_group AS (UPDATE hooklane.worker_group g SET closed_at = now() FROM settled WHERE g.name = settled.name),
       closed_owner AS (UPDATE hooklane.partition_owner o SET is_closed = true FROM settled WHERE o.worker_group = settled.name)
       SELECT name FROM settled`,
      [BATCH],
    )
    return rows.map(({ name }) => name)
  }

  /** Returns closed groups without a valid lease. Their topics can be deleted, because no dispatcher may use them any more. */
  async removable(): Promise<readonly WorkerGroupConfiguration[]> {
    return this.manager.query<WorkerGroupConfiguration[]>(
      `SELECT name, partitions, slots FROM hooklane.worker_group g
       WHERE closed_at IS NOT NULL AND removed_at IS NULL AND NOT EXISTS (
         SELECT FROM hooklane.partition_owner o WHERE o.worker_group = g.name AND o.lease_until > clock_timestamp())
       ORDER BY closed_at LIMIT $1`,
      [BATCH],
    )
  }

  /**
   * Removes groups whose topics are deleted. The name of a removed group is never reused, because a process that was frozen while it
   * removed the group could wake later and delete the topics of a new group with this name.
   */
  async remove(names: readonly string[]): Promise<void> {
    await this.manager.query('DELETE FROM hooklane.lane WHERE worker_group = ANY ($1)', [names])
    await this.manager.query('DELETE FROM hooklane.partition_owner WHERE worker_group = ANY ($1)', [names])
    await this.manager.query('UPDATE hooklane.worker_group SET removed_at = now() WHERE name = ANY ($1)', [names])
  }
}
