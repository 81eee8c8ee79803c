export * from './connection/role.js'
export * from './migrations/migrate.js'
export * from './migrations/seed-worker-group.js'
