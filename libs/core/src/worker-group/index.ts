export * from './worker-group-names.js'
export * from './worker-group-topics.js'
