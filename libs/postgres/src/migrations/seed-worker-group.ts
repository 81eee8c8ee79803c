import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'
import type { Queryable } from '../connection/queryable.js'

/**
 * Creates the rows of a worker group unless they exist: the group, a `partition_owner` row for each main partition, and the configuration
 * row. Call it inside a transaction, after the topics of the group were created. The counts of an existing group stay as they are, because
 * its topics stay as they are.
 */
export async function insertWorkerGroup(db: Queryable, group: WorkerGroupConfiguration): Promise<void> {
  await db.query(
    'INSERT INTO hooklane.worker_group (name, partitions, slots) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [group.name, group.partitions, group.slots],
  )
  await db.query(
    `INSERT INTO hooklane.partition_owner (worker_group, partition)
     SELECT g.name, p FROM hooklane.worker_group g, generate_series(0, g.partitions - 1) p WHERE g.name = $1
     ON CONFLICT DO NOTHING`,
    [group.name],
  )
  await db.query(
    `INSERT INTO hooklane.configuration (key, kind, version, body)
     SELECT 'workerGroup:' || g.name, 'workerGroup', nextval('hooklane.configuration_version'),
            json_build_object('name', g.name, 'partitions', g.partitions, 'slots', g.slots)::text
     FROM hooklane.worker_group g WHERE g.name = $1
     ON CONFLICT DO NOTHING`,
    [group.name],
  )
}
