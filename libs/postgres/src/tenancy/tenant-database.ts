import type { DataSource, EntityManager, QueryRunner } from 'typeorm'
import { createDataSource } from '../connection/create-data-source.js'
import type { ConnectionOptions } from '../connection/connection-options.js'
import { DatabaseUnavailable, translateDatabaseError } from '../connection/errors.js'
import { ApiKeyTable } from '../tables/api-key-table.js'
import { AppTable } from '../tables/app-table.js'
import { CompanyTable } from '../tables/company-table.js'
import { ConfigurationTable } from '../tables/configuration-table.js'
import { DeliveryLogTables } from '../tables/delivery-log-tables.js'
import { EventTypeTable } from '../tables/event-type-table.js'
import { SubscriptionTable } from '../tables/subscription-table.js'
import { WorkerGroupTable } from '../tables/worker-group-table.js'
import { scopeSettings, type Scope } from './scope.js'

/** The tables as one transaction sees them. */
export interface Tables {
  readonly companies: CompanyTable
  readonly apiKeys: ApiKeyTable
  readonly apps: AppTable
  readonly subscriptions: SubscriptionTable
  readonly eventTypes: EventTypeTable
  readonly workerGroups: WorkerGroupTable
  readonly deliveryLog: DeliveryLogTables
  readonly configuration: ConfigurationTable
}

/**
 * The only way of the API to the data: every access is a transaction with a scope, and sees nothing outside it.
 * Connections are made when they are needed, so that the service starts and lives while the database is away.
 */
export class TenantDatabase {
  private readonly dataSource: DataSource
  private connecting: Promise<DataSource> | null = null

  constructor(options: ConnectionOptions) {
    this.dataSource = createDataSource(options)
  }

  /**
   * Runs `work` in one transaction (read committed) and commits when it resolves. `work` may only use the tables it is given, and not
   * after it has ended.
   * @throws DatabaseUnavailable, ConstraintViolation, or what `work` throws
   */
  async within<T>(scope: Scope, work: (tables: Tables) => Promise<T>): Promise<T> {
    const runner = await this.connect()
    try {
      await runner.startTransaction()
      const { name, value } = scopeSettings(scope)
      await runner.query('SELECT set_config($1, $2, true)', [name, value])
      const result = await work(tablesOf(runner.manager))
      await runner.commitTransaction()
      return result
    } catch (error) {
      await this.rollBack(runner)
      throw translateDatabaseError(error)
    } finally {
      await runner.release()
    }
  }

  /** Resolves when the database answers. @throws DatabaseUnavailable */
  async ping(): Promise<void> {
    const runner = await this.connect()
    try {
      await runner.query('SELECT 1')
    } catch (error) {
      throw translateDatabaseError(error)
    } finally {
      await runner.release()
    }
  }

  /** Waits for transactions that run, then ends the connections. */
  async close(): Promise<void> {
    await this.connecting?.catch(() => null)
    if (this.dataSource.isInitialized) await this.dataSource.destroy()
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

  private async rollBack(runner: QueryRunner): Promise<void> {
    if (!runner.isTransactionActive) return
    try {
      await runner.rollbackTransaction()
    } catch {
      // The connection is gone, and with it the transaction. The error that led here is the one to report.
    }
  }
}

function tablesOf(manager: EntityManager): Tables {
  return {
    companies: new CompanyTable(manager),
    apiKeys: new ApiKeyTable(manager),
    apps: new AppTable(manager),
    subscriptions: new SubscriptionTable(manager),
    eventTypes: new EventTypeTable(manager),
    workerGroups: new WorkerGroupTable(manager),
    deliveryLog: new DeliveryLogTables(manager),
    configuration: new ConfigurationTable(manager),
  }
}
