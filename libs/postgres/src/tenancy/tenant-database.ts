import type { DataSource, EntityManager, QueryRunner } from 'typeorm'
import { createDataSource } from '../connection/create-data-source.js'
import { DEFAULT_MAX_CONNECTIONS, type ConnectionOptions } from '../connection/connection-options.js'
import { DatabaseUnavailable, isConnectionGone, translateDatabaseError } from '../connection/errors.js'
import { ApiKeyTable } from '../tables/api-key-table.js'
import { AppTable } from '../tables/app-table.js'
import { CompanyTable } from '../tables/company-table.js'
import { ConfigurationTable } from '../tables/configuration-table.js'
import { DeliveryLogTables } from '../tables/delivery-log-tables.js'
import { EndedStreamTable } from '../tables/ended-stream-table.js'
import { IdempotencyTable } from '../tables/idempotency-table.js'
import { IdentityTable } from '../tables/identity-table.js'
import { EventTypeTable } from '../tables/event-type-table.js'
import { SubscriptionTable } from '../tables/subscription-table.js'
import { WorkerGroupRemovalTable } from '../tables/worker-group-removal-table.js'
import { WorkerGroupTable } from '../tables/worker-group-table.js'
import { OPERATOR_SCOPE, scopeSettings, type Scope } from './scope.js'

/** The tables as one transaction sees them. */
export interface Tables {
  readonly identities: IdentityTable
  readonly companies: CompanyTable
  readonly apiKeys: ApiKeyTable
  readonly apps: AppTable
  readonly subscriptions: SubscriptionTable
  readonly eventTypes: EventTypeTable
  readonly endedStreams: EndedStreamTable
  readonly workerGroups: WorkerGroupTable
  readonly workerGroupRemovals: WorkerGroupRemovalTable
  readonly deliveryLog: DeliveryLogTables
  readonly configuration: ConfigurationTable
  readonly idempotency: IdempotencyTable
}

/**
 * How long `begin` goes on replacing dead connections. Too low: the caller gets the error of a dead connection. Too high: a server that is
 * too slow to respond gets the same request again.
 */
const REPLACE_WITHIN_MS = 1_000

/**
 * The API's only access to the data: every access is a transaction with a scope, and sees nothing outside that scope. Connections are
 * opened when they are needed, so that the service can start and run while the database is unavailable.
 */
export class TenantDatabase {
  private readonly dataSource: DataSource
  private connecting: Promise<DataSource> | null = null

  private readonly maxConnections: number

  constructor(options: ConnectionOptions) {
    this.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS
    this.dataSource = createDataSource(options)
  }

  /**
   * Runs `work` in one transaction (read committed) and commits when it resolves. `work` may only use the given tables, and only until it
   * resolves.
   * @throws DatabaseUnavailable, ConstraintViolation, or what `work` throws
   */
  async transaction<T>(scope: Scope, work: (tables: Tables) => Promise<T>): Promise<T> {
    const runner = await this.begin(scope)
    let result: T
    try {
      result = await work(tablesOf(runner.manager))
      await runner.commitTransaction()
    } catch (error) {
      await this.giveUp(runner, error)
      throw translateDatabaseError(error)
    }
    await runner.release()
    return result
  }

  /** Resolves if the database answers. @throws DatabaseUnavailable */
  async ping(): Promise<void> {
    await this.transaction(OPERATOR_SCOPE, () => Promise.resolve())
  }

  /** Waits for running transactions, then closes the connections. */
  async close(): Promise<void> {
    await this.connecting?.catch(() => null)
    if (this.dataSource.isInitialized) await this.dataSource.destroy()
  }

  /**
   * Begins a transaction with this scope on a pooled connection. The connection may have died unnoticed (the server restarted, a firewall
   * dropped it). Nothing was done on it yet, so `begin` takes another connection, at most as often as the pool has connections. It does so
   * only when a connection fails at once. If a connection does not respond in time, the request fails, because a retry would add load to a
   * slow server.
   */
  private async begin(scope: Scope): Promise<QueryRunner> {
    const settings = scopeSettings(scope)
    const calls = settings.map((_, at) => `set_config($${2 * at + 1}, $${2 * at + 2}, true)`)
    const giveUpMs = performance.now() + REPLACE_WITHIN_MS
    for (let left = this.maxConnections; ; left--) {
      const runner = await this.connect()
      try {
        await runner.startTransaction()
        await runner.query(`SELECT ${calls.join(', ')}`, settings.flat())
        return runner
      } catch (error) {
        await this.giveUp(runner, error)
        const isOver = left === 0 || performance.now() > giveUpMs
        if (isOver || !isConnectionGone(error)) throw translateDatabaseError(error)
      }
    }
  }

  private async connect(): Promise<QueryRunner> {
    try {
      this.connecting ??= this.dataSource.initialize()
      const runner = (await this.connecting).createQueryRunner()
      await runner.connect()
      return runner
    } catch (cause) {
      if (!this.dataSource.isInitialized) this.connecting = null
      throw new DatabaseUnavailable({ cause })
    }
  }

  /** Rolls back and returns the connection to the pool. A dead connection is removed from the pool, which would hand it out next. */
  private async giveUp(runner: QueryRunner, error: unknown): Promise<void> {
    const failure = isConnectionGone(error) ? error : await this.rollBack(runner)
    if (failure === null) return runner.release()
    // TypeORM passes the error to the pool by this method, which its public interface does not declare.
    await (runner as ReleasingRunner).releasePostgresConnection(failure)
  }

  /** Returns the error of the rollback; null: the rollback succeeded, so the connection can be reused. */
  private async rollBack(runner: QueryRunner): Promise<unknown> {
    if (!runner.isTransactionActive) return null
    try {
      await runner.rollbackTransaction()
      return null
    } catch (error) {
      // The connection is gone, so the server rolls the transaction back. The caller reports the error that led here, not this one.
      return error
    }
  }
}

/** TypeORM's method that returns a connection to the pool. When it gets an error, the pool closes the connection instead of reusing it. */
interface ReleasingRunner extends QueryRunner {
  releasePostgresConnection(error: unknown): Promise<void>
}

function tablesOf(manager: EntityManager): Tables {
  return {
    identities: new IdentityTable(manager),
    companies: new CompanyTable(manager),
    apiKeys: new ApiKeyTable(manager),
    apps: new AppTable(manager),
    subscriptions: new SubscriptionTable(manager),
    eventTypes: new EventTypeTable(manager),
    endedStreams: new EndedStreamTable(manager),
    workerGroups: new WorkerGroupTable(manager),
    workerGroupRemovals: new WorkerGroupRemovalTable(manager),
    deliveryLog: new DeliveryLogTables(manager),
    configuration: new ConfigurationTable(manager),
    idempotency: new IdempotencyTable(manager),
  }
}
