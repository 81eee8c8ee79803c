export * from './health.js'
export * from './nest-logger.js'
export * from './run-service.js'
export * from './system-clock.js'
