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
  events: counter('router_events_total', 'Records read from the topic `events`, whether or not somebody subscribed.'),
  deliveries: counter('router_deliveries_total', 'Deliveries given to worker groups.'),
  copies: counter('router_copies_total', 'Events dropped because their producer had sent the same id before.'),
  transactions: counter(
    'router_transactions_total',
    'Transactions, by outcome. `failed` rising: Kafka is away, each one is done again; `fenced`: another router took the partition.',
    { outcome: ['committed', 'failed', 'fenced'] },
  ),
  transactionSeconds: histogram('router_transaction_seconds', 'From the first record of a transaction to its commit.'),
  acquireSeconds: histogram(
    'router_acquire_seconds',
    'To take over a partition: shut out the last owner, read the state back, find the position. Nothing of the partition is routed meanwhile.',
  ),
  eventAgeSeconds: histogram(
    'router_event_age_seconds',
    'From the commit in the source to the commit of the deliveries, of the first event of each transaction.',
  ),
  incidents: counter(
    'router_incidents_total',
    'Findings that a person should look into. `state_lost`, `events_recreated`: the partition waits for a person; `topic_missing`, `worker_group_missing`: it waits until that is there; `events_expired`: retention took events before they were routed, and all subscriptions of the partition get `resync.required`; `commit_lost`, `commit_moved`, `offset_reset`: somebody changed the group’s offsets; `configuration_undecodable`: a configuration record was passed over.',
    { kind: INCIDENTS },
  ),
  partitions: gauge(
    'router_partitions',
    'Partitions of the topic `events` by state. `assigned` above `acquired` for long: a partition cannot be taken over; `waiting`: a worker group is missing. `acquired` over all routers must be the partitions of the topic.',
    { state: ['assigned', 'acquired', 'waiting'] },
  ),
} as const

export type RouterMetrics = Metrics<typeof catalogue>

export const createRouterMetrics = (registry: Registry): RouterMetrics => registerMetrics(registry, catalogue)
