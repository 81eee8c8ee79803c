import { randomUUID } from 'node:crypto'
import type { Grant, LaneRow, OpenStream } from '@hooklane/core/lane'
import { createPool, PostgresLaneStore, PostgresLeaseStore, type PgPool } from '@hooklane/postgres'
import { createTestDatabase, type TestDatabase } from './test-database.js'

/** The stores of a dispatcher on a separate database. They connect with the dispatcher's role. */
export class DispatchStores {
  readonly leases: PostgresLeaseStore
  readonly lanes: PostgresLaneStore
  readonly #pools: PgPool[] = []

  private constructor(readonly database: TestDatabase) {
    this.leases = new PostgresLeaseStore(this.pool(), this.pool())
    this.lanes = new PostgresLaneStore(this.pool())
  }

  static async create(): Promise<DispatchStores> {
    return new DispatchStores(await createTestDatabase('stores'))
  }

  /** The default of `statementTimeoutMs` is longer than any test keeps a statement blocked. */
  pool(statementTimeoutMs = 90_000): PgPool {
    const pool = createPool({
      url: this.database.url,
      role: 'hooklane_dispatcher',
      maxConnections: 2,
      statementTimeoutMs,
      onIdleError: () => undefined,
    })
    this.#pools.push(pool)
    return pool
  }

  async createPartition(workerGroup: string, partition: number): Promise<void> {
    await this.database.query('INSERT INTO hooklane.partition_owner (worker_group, partition) VALUES ($1, $2)', [
      workerGroup,
      partition,
    ])
  }

  /** Records that a stream has ended and is not settled yet, as the deletion of an app does. */
  async addOpenStream({ appId, epoch, workerGroup }: OpenStream): Promise<void> {
    await this.database.query(
      'INSERT INTO hooklane.worker_group (name, partitions, slots) VALUES ($1, 1, 0) ON CONFLICT DO NOTHING',
      [workerGroup],
    )
    await this.database.query(
      `INSERT INTO hooklane.ended_stream (app_id, epoch, company_id, worker_group) VALUES ($1, $2, 'cmp_1', $3)`,
      [appId, epoch, workerGroup],
    )
  }

  /** Creates a partition in a new worker group, and grants its lease. */
  async granted(leaseMs = 60_000): Promise<Grant> {
    const workerGroup = `g-${randomUUID().slice(0, 8)}`
    await this.createPartition(workerGroup, 0)
    const grant = await this.ask(workerGroup, leaseMs)
    if (!grant) throw new Error('the lease was refused')
    return grant
  }

  ask(workerGroup: string, leaseMs = 60_000): Promise<Grant | null> {
    return this.leases.grant({ workerGroup, partition: 0, owner: randomUUID(), instance: 'test', leaseMs })
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()))
    await this.database.drop()
  }
}

export const laneRow = (change: Partial<LaneRow> = {}): LaneRow => ({
  workerGroup: 'unused',
  partition: 0,
  appId: 'app_1',
  companyId: 'cmp_1',
  mode: 'parked',
  reason: 'failing',
  settled: 4n,
  settledSource: 12n,
  floorOffset: 77n,
  attempt: 3,
  firstAttemptAgoMs: 60_000,
  nextAttemptInMs: 360_000,
  lastError: 'http_503',
  gaps: [],
  routeVersion: 0,
  ...change,
})
