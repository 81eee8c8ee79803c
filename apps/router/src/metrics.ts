import { counter, gauge, histogram, registerMetrics, type Metrics, type Registry } from '@hooklane/observability'
import type { RouterLogFailure, StartDecision, StartIncident } from '@hooklane/core/routing'

type Refusal = Extract<StartDecision, { kind: 'refuse' }>['reason']

const INCIDENTS = [
  'commit_lost',
  'commit_moved',
  'events_expired',
  'state_lost',
  'events_recreated',
  'topic_missing',
  'worker_group_missing',
  'configuration_undecodable',
  'offset_reset',
] as const satisfies readonly (StartIncident | Refusal | RouterLogFailure | OtherIncident)[]
type OtherIncident = 'worker_group_missing' | 'configuration_undecodable' | 'offset_reset'

export const catalogue = {
  events: counter('router_events_total', 'Records read from the topic `events`, whether or not an app subscribed.'),
  deliveries: counter('router_deliveries_total', 'Deliveries published to the topics of worker groups.'),
  copies: counter('router_copies_total', 'Duplicate events dropped: their producer had sent the same id before.'),
  transactions: counter(
    'router_transactions_total',
    'Transactions, by outcome. `failed` rising: Kafka is unavailable, and each failed transaction is repeated. `fenced`: another router took over the partition.',
    { outcome: ['committed', 'failed', 'fenced'] },
  ),
  transactionSeconds: histogram(
    'router_transaction_seconds',
    'Time from the first record of a transaction to its commit.',
  ),
  acquireSeconds: histogram(
    'router_acquire_seconds',
    'Time to take over a partition: fence the last owner, restore the state, find the position. No event of the partition is routed during that time.',
  ),
  eventAgeSeconds: histogram(
    'router_event_age_seconds',
    'Time from the commit in the source to the commit of the deliveries, for the first event of each transaction.',
  ),
  incidents: counter(
    'router_incidents_total',
    'Problems that an operator should look into. `state_lost`, `events_recreated`: the partition waits for an operator; `topic_missing`, `worker_group_missing`: the partition waits until the topic or group exists; `events_expired`: retention deleted events before they were routed, and all subscriptions of the partition get `resync.required`; `commit_lost`, `commit_moved`, `offset_reset`: the offsets of the consumer group were changed from outside; `configuration_undecodable`: a configuration record could not be read and was skipped.',
    { kind: INCIDENTS },
  ),
  partitions: gauge(
    'router_partitions',
    'Partitions of the topic `events`, by state. `assigned` above `acquired` for long: a partition cannot be taken over. `waiting`: a worker group is missing. The sum of `acquired` over all routers must equal the number of partitions of the topic.',
    { state: ['assigned', 'acquired', 'waiting'] },
  ),
} as const

export type RouterMetrics = Metrics<typeof catalogue>

export const createRouterMetrics = (registry: Registry): RouterMetrics => registerMetrics(registry, catalogue)
