import pg from 'pg'
import { DataSource } from 'typeorm'
import { ApiKeyEntity } from '../entities/api-key.entity.js'
import { AppEntity } from '../entities/app.entity.js'
import { CompanyEntity } from '../entities/company.entity.js'
import { EventTypeEntity } from '../entities/event-type.entity.js'
import { SubscriptionSecretEntity } from '../entities/subscription-secret.entity.js'
import { SubscriptionEntity } from '../entities/subscription.entity.js'
import { WorkerGroupEntity } from '../entities/worker-group.entity.js'
import { poolConfig, type ConnectionOptions } from './connection-options.js'
import { SCHEMA } from './role.js'

/** Creates a data source. `initialize()` connects it, and fails if the server is unavailable. Only `migrate` creates the schema. */
export function createDataSource(options: ConnectionOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    // Without this, TypeORM loads pg by a name that the bundler does not see, and gets a second copy of pg. Errors of that copy are not
    // instances of the classes that we import.
    driver: pg,
    url: options.url,
    schema: SCHEMA,
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    logging: false,
    // A where clause with an undefined value would match any row.
    invalidWhereValuesBehavior: { undefined: 'throw', null: 'throw' },
    entities: [
      CompanyEntity,
      ApiKeyEntity,
      AppEntity,
      SubscriptionEntity,
      SubscriptionSecretEntity,
      EventTypeEntity,
      WorkerGroupEntity,
    ],
    poolErrorHandler: (error: Error) => options.onIdleError?.(error),
    extra: poolConfig(options),
  })
}
