import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'
import { In, type EntityManager } from 'typeorm'
import { WorkerGroupEntity } from '../entities/worker-group.entity.js'
import { insertWorkerGroup } from '../migrations/seed-worker-group.js'
import { cut, type Page, type PageRequest } from './page.js'

/** A worker group with its current state, for operators. */
export interface WorkerGroupOverview {
  readonly name: string
  readonly partitions: number
  readonly slots: number
  readonly readyAt: Date | null
  /** When the app of the group was deleted; the group is removed once all its deliveries are settled. Null: the group stays. */
  readonly endedAt: Date | null
  readonly apps: number
  /** Number of lanes that have a row in the table `lane`, by mode. */
  readonly lanes: { readonly parked: number; readonly flow: number }
  /** Seconds since the first attempt of the delivery that has blocked a parked lane longest; null: no lane is parked. */
  readonly oldestAgeSeconds: number | null
  readonly owners: readonly PartitionOwnerOverview[]
}

export interface PartitionOwnerOverview {
  readonly partition: number
  /** Null: no process holds a valid lease. */
  readonly instance: string | null
  readonly epoch: string
  readonly leaseUntil: string | null
  readonly savedAt: string | null
}

export class WorkerGroupTable {
  constructor(private readonly manager: EntityManager) {}

  find(name: string): Promise<WorkerGroupEntity | null> {
    return this.manager.findOneBy(WorkerGroupEntity, { name })
  }

  findAll(names: readonly string[]): Promise<WorkerGroupEntity[]> {
    return this.manager.findBy(WorkerGroupEntity, { name: In(names) })
  }

  /** Counts groups of the app that were abandoned because the app was not saved. Never decreases. Needs the scope `operator`. */
  async countAbandoned(appId: string): Promise<number> {
    const rows = await this.manager.query<{ abandoned: number }[]>(
      `SELECT count(*)::int AS abandoned FROM hooklane.worker_group WHERE app_id = $1 AND ready_at IS NULL AND ended_at IS NOT NULL`,
      [appId],
    )
    return rows[0]?.abandoned ?? 0
  }

  /**
   * Reserves the name of a dedicated group before its topics are created, so that the topics are found and removed if the app is not
   * created. Does nothing if the name exists, for this app or another one.
   */
  async reserve({ name, partitions, slots }: WorkerGroupConfiguration, appId: string): Promise<void> {
    await this.manager.query(
      `INSERT INTO hooklane.worker_group (name, partitions, slots, app_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [name, partitions, slots, appId],
    )
  }

  /**
   * Creates the rows of the group, its partition owners and its configuration where they are missing. The topics must exist already.
   * Returns false if the group is being removed; then the caller must roll the transaction back.
   */
  async ensure(group: WorkerGroupConfiguration, readyAt: Date): Promise<boolean> {
    await insertWorkerGroup(this.manager, group)
    const rows = await this.manager.query<object[]>(
      `WITH ready AS (
         UPDATE hooklane.worker_group SET ready_at = coalesce(ready_at, $2) WHERE name = $1 AND ended_at IS NULL RETURNING name)
       SELECT name FROM ready`,
      [group.name, readyAt],
    )
    return rows.length === 1
  }

  /** Ends a group that was reserved for an app that was not created. Changes nothing if the group is in use. */
  async abandon(name: string): Promise<void> {
    await this.manager.query(
      'UPDATE hooklane.worker_group SET ended_at = now() WHERE name = $1 AND app_id IS NOT NULL AND ready_at IS NULL AND ended_at IS NULL',
      [name],
    )
  }

  /** Returns one group with its current state. Needs the scope `operator`. */
  async overview(name: string): Promise<WorkerGroupOverview | null> {
    const rows = await this.manager.query<OverviewRow[]>(`${OVERVIEW} AND g.name = $1`, [name])
    return rows[0] ? toOverview(rows[0]) : null
  }

  /** Returns groups with their current state, sorted by name. Needs the scope `operator`. */
  async page(
    page: PageRequest<{ readonly name: string }>,
  ): Promise<Page<WorkerGroupOverview, { readonly name: string }>> {
    const rows = await this.manager.query<OverviewRow[]>(
      `${OVERVIEW} AND ($1::text IS NULL OR g.name > $1) ORDER BY g.name LIMIT $2`,
      [page.after?.name ?? null, page.limit + 1],
    )
    return cut(rows.map(toOverview), page.limit, ({ name }) => ({ name }))
  }
}

const toOverview = (row: OverviewRow): WorkerGroupOverview => ({
  name: row.name,
  partitions: row.partitions,
  slots: row.slots,
  readyAt: row.ready_at,
  endedAt: row.ended_at,
  apps: row.apps,
  lanes: { parked: row.parked, flow: row.flow },
  oldestAgeSeconds: row.oldest_age_seconds,
  owners: row.owners,
})

interface OverviewRow {
  readonly name: string
  readonly partitions: number
  readonly slots: number
  readonly ready_at: Date | null
  readonly ended_at: Date | null
  readonly apps: number
  readonly parked: number
  readonly flow: number
  readonly oldest_age_seconds: number | null
  readonly owners: readonly PartitionOwnerOverview[]
}

const OVERVIEW = `
  SELECT g.name, g.partitions, g.slots, g.ready_at, g.ended_at,
    (SELECT count(*)::int FROM hooklane.app a WHERE a.worker_group = g.name) AS apps,
    l.parked, l.flow, l.oldest_age_seconds, o.owners
  FROM hooklane.worker_group g
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE mode = 'parked')::int AS parked, count(*) FILTER (WHERE mode = 'flow')::int AS flow,
      extract(epoch FROM clock_timestamp() - min(first_attempt_at) FILTER (WHERE mode = 'parked'))::float AS oldest_age_seconds
    FROM hooklane.lane WHERE worker_group = g.name) l
  CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object(
      'partition', partition,
      'instance', CASE WHEN lease_until > clock_timestamp() THEN instance END,
      'epoch', epoch::text,
      'leaseUntil', lease_until,
      'savedAt', saved_at) ORDER BY partition), '[]') AS owners
    FROM hooklane.partition_owner WHERE worker_group = g.name) o
  WHERE g.removed_at IS NULL`
