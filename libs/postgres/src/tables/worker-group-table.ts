import type { WorkerGroupConfiguration } from '@hooklane/contracts'
import { In, type EntityManager } from 'typeorm'
import { WorkerGroupEntity } from '../entities/worker-group.entity.js'
import { insertWorkerGroup } from '../migrations/seed-worker-group.js'
import { cut, type Page, type PageRequest } from './page.js'

/** A worker group as an operator looks at it. */
export interface WorkerGroupOverview {
  readonly name: string
  readonly partitions: number
  readonly slots: number
  readonly readyAt: Date | null
  readonly apps: number
  /** Lanes that are not plain. */
  readonly lanes: { readonly parked: number; readonly flow: number }
  /** Seconds since the first attempt of the head that fails longest; null: none fails. */
  readonly oldestAgeSeconds: number | null
  readonly owners: readonly PartitionOwnerOverview[]
}

export interface PartitionOwnerOverview {
  readonly partition: number
  /** Null: nobody holds a licence now. */
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

  /** The group, its partitions' owners and its configuration, unless they stand. Its topics must stand. */
  async ensure(group: WorkerGroupConfiguration, readyAt: Date): Promise<void> {
    await insertWorkerGroup(this.manager, group)
    await this.markReady(group.name, readyAt)
  }

  async markReady(name: string, readyAt: Date): Promise<void> {
    await this.manager.query('UPDATE hooklane.worker_group SET ready_at = coalesce(ready_at, $2) WHERE name = $1', [
      name,
      readyAt,
    ])
  }

  /** One group with what it does now. In the scope `operator`, as `page`. */
  async overview(name: string): Promise<WorkerGroupOverview | null> {
    const rows = await this.manager.query<OverviewRow[]>(`${OVERVIEW} WHERE g.name = $1`, [name])
    return rows[0] ? toOverview(rows[0]) : null
  }

  /** By name. */
  async page(
    page: PageRequest<{ readonly name: string }>,
  ): Promise<Page<WorkerGroupOverview, { readonly name: string }>> {
    const rows = await this.manager.query<OverviewRow[]>(
      `${OVERVIEW} WHERE $1::text IS NULL OR g.name > $1 ORDER BY g.name LIMIT $2`,
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
  readonly apps: number
  readonly parked: number
  readonly flow: number
  readonly oldest_age_seconds: number | null
  readonly owners: readonly PartitionOwnerOverview[]
}

const OVERVIEW = `
  SELECT g.name, g.partitions, g.slots, g.ready_at,
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
    FROM hooklane.partition_owner WHERE worker_group = g.name) o`
