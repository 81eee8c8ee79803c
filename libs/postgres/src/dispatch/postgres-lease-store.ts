import { AmbiguousWrite, type Grant, type RenewRequest, type LeaseStore, type LeaseToken } from '@hooklane/core/lane'
import type { Pool } from 'pg'
import { sql } from '../sql.js'

interface Write {
  readonly operation: string
  readonly text: string
}

const GRANT: Write = { operation: 'grant', text: sql('lease-grant') }
const KEEP: Write = { operation: 'keep', text: sql('lease-keep') }
const RELEASE: Write = { operation: 'release', text: sql('lease-release') }
const PROMOTION_FENCE: Write = { operation: 'promotion fence', text: sql('lease-promotion-fence') }

/**
 * Leases in the table `partition_owner`. Renewals have a connection pool of their own, because they must never queue behind other
 * statements: a grant may wait long for the lane writes of the previous owner.
 */
export class PostgresLeaseStore implements LeaseStore {
  constructor(
    private readonly pool: Pool,
    private readonly renewalPool: Pool = pool,
  ) {}

  async grant(request: Parameters<LeaseStore['grant']>[0]): Promise<Grant | null> {
    const { workerGroup, partition, owner, instance, leaseMs } = request
    await this.write(this.pool, PROMOTION_FENCE, [workerGroup, partition, leaseMs])
    const rows = await this.write<GrantRow>(this.pool, GRANT, [workerGroup, partition, owner, instance, leaseMs])
    const row = rows[0]
    if (!row) return null
    return {
      token: { workerGroup, partition, owner, epoch: BigInt(row.epoch) },
      mainOffset: row.main_offset === null ? null : BigInt(row.main_offset),
      done: row.main_done,
    }
  }

  async keep(requests: readonly RenewRequest[], leaseMs: number): Promise<readonly LeaseToken[]> {
    if (requests.length === 0) return []
    const rows = await this.write<{ worker_group: string; partition: number }>(this.renewalPool, KEEP, [
      requests.map((r) => r.token.workerGroup),
      leaseMs,
      requests.map((r) => r.token.partition),
      requests.map((r) => r.token.owner),
      requests.map((r) => String(r.token.epoch)),
      requests.map((r) => String(r.mainOffset)),
      requests.map((r) => r.done),
      requests.map((r) => String(r.saveNo)),
    ])
    const kept = new Set(rows.map((row) => `${row.worker_group}/${row.partition}`))
    return requests.filter((r) => kept.has(`${r.token.workerGroup}/${r.token.partition}`)).map((r) => r.token)
  }

  async release(token: LeaseToken): Promise<void> {
    const { workerGroup, partition, owner, epoch } = token
    await this.write(this.pool, RELEASE, [workerGroup, partition, owner, String(epoch)])
  }

  private async write<R extends object>(pool: Pool, { operation, text }: Write, values: unknown[]): Promise<R[]> {
    try {
      return (await pool.query<R>({ name: `lease ${operation}`, text, values })).rows
    } catch (cause) {
      throw new AmbiguousWrite(operation, { cause })
    }
  }
}

/** bigint columns arrive as text. */
interface GrantRow {
  readonly epoch: string
  readonly main_offset: string | null
  readonly main_done: Buffer | null
}
