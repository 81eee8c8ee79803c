import { counter, gauge, histogram, registerMetrics, type Metrics, type Registry } from '@hooklane/observability'

const routerMetricCatalogue = {
  events: counter('router_events_total', 'Events read from the topic events, whether or not somebody subscribed.'),
  deliveries: counter('router_deliveries_total', 'Deliveries given to worker groups.'),
  copies: counter('router_copies_total', 'Events dropped because their producer had sent the same id before.'),
  quarantined: counter('router_quarantined_total', 'Records of the topic events put into quarantine, by reason.', [
    'reason',
  ]),
  transactions: counter('router_transactions_total', 'Transactions, by outcome: committed, failed, fenced.', [
    'outcome',
  ]),
  transactionSeconds: histogram(
    'router_transaction_seconds',
    'Seconds from the first record of a transaction to its commit.',
  ),
  acquireSeconds: histogram('router_acquire_seconds', 'Seconds to take over a partition: fence, restore, position.'),
  eventAgeSeconds: histogram(
    'router_event_age_seconds',
    'Seconds from the commit in the source to the commit of the deliveries, of the oldest event of each transaction.',
  ),
  incidents: counter('router_incidents_total', 'Findings that a person should look into, by kind.', ['kind']),
  partitions: gauge('router_partitions', 'Partitions of the topic events, by state: assigned, acquired, waiting.', [
    'state',
  ]),
} as const

export type RouterMetrics = Metrics<typeof routerMetricCatalogue>

export const createRouterMetrics = (registry: Registry): RouterMetrics =>
  registerMetrics(registry, routerMetricCatalogue)

/** Reasons are a closed set once the path of a schema fault is cut off. */
export const reasonLabel = (reason: string): string => reason.split(':', 1)[0] ?? reason
