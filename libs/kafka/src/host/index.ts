export { ConsumerHost, type ReadControl } from './consumer-host.js'
export type { Assignment, PartitionReader } from './partition-reader.js'
export { quarantineRecord, type RefusedRecord } from './quarantine-record.js'
export { reportConsumers, watchConsumers, type ConsumerReports } from './watch-consumers.js'
