/**
 * The exports that use TypeORM. Services that need only connection pools do not import this file, because loading TypeORM takes half a
 * second of processor time.
 */
export * from '../connection/create-data-source.js'
export * from '../connection/errors.js'
export * from '../entities/api-key.entity.js'
export * from '../entities/app.entity.js'
export * from '../entities/company.entity.js'
export * from '../entities/event-type.entity.js'
export * from '../entities/subscription-secret.entity.js'
export * from '../entities/subscription.entity.js'
export * from '../entities/worker-group.entity.js'
export * from '../tables/delivery-log-tables.js'
export type { IdempotencyName } from '../tables/idempotency-table.js'
export * from '../tables/page.js'
export * from '../tables/worker-group-table.js'
export * from './scope.js'
export * from './tenant-database.js'
