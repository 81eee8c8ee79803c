import { counter, gauge, histogram, registerMetrics, type Metrics, type Registry } from '@hooklane/observability'

/** What a dispatcher tells Prometheus. Labels: worker group and closed sets only. */
const catalogue = {
  attempts: counter('attempts_total', 'Requests made to receivers, by what they came to.', ['group', 'result']),
  attemptSeconds: histogram(
    'attempt_seconds',
    'From the start of a request to the last byte of the answer, or to the failure.',
    ['group'],
  ),
  firstAttemptSeconds: histogram(
    'publish_to_first_attempt_seconds',
    'From routing to the first attempt; the isolation objective looks at lanes that never failed.',
    ['group', 'lane'],
  ),
  settled: counter('settled_total', 'Deliveries settled without a request, by status.', ['group', 'status']),
  deadLetters: counter('dead_letters_total', 'Deliveries given up on.', ['group']),
  lanes: gauge('lanes', 'Lanes held by mode: `parked` = the head failed and waits for its next attempt.', [
    'group',
    'mode',
  ]),
  oldestAge: gauge('lane_oldest_age_seconds', 'Since the oldest head that is not settled was routed.', ['group']),
  duplicatesSuppressed: counter('duplicates_suppressed_total', 'Records read again that were settled already.', [
    'group',
  ]),
  inFlight: gauge('attempts_in_flight', 'Requests out now.', []),
  heldBytes: gauge('held_payload_bytes', 'Payload bytes of the records held in lanes.', []),
  partitionsOwned: gauge('partitions_owned', 'Main partitions this process may act for.', ['group']),
  leaseRemaining: gauge('lease_remaining_seconds', 'Shortest lease held: near zero means that renewals fail.', []),
  positionSpread: gauge(
    'position_spread',
    'Largest distance between the lowest offset not done and the next to read.',
    ['group'],
  ),
  fenced: counter('fenced_total', 'Writes that found the licence gone; outside a rebalance somebody else took over.', [
    'group',
    'op',
  ]),
  ambiguous: counter('ambiguous_total', 'Writes whose outcome is unknown; the partition is acquired anew.', ['op']),
  guardWaits: counter('guard_waits_total', 'Attempts that were not started, by cause.', ['cause']),
  alarms: counter('dispatch_alarms_total', 'What should not happen, by kind.', ['kind']),
  takeoverSeconds: histogram('takeover_seconds', 'From the assignment of a partition to its first read.', ['group']),
  undecodable: counter('undecodable_total', 'Records on the group’s topic that could not be read.', ['group']),
  heartbeatAge: gauge('heartbeat_age_seconds', 'Since the last heartbeat that Kafka answered.', ['group']),
} as const

export type DispatcherMetrics = Metrics<typeof catalogue>

export const dispatcherMetrics = (registry: Registry): DispatcherMetrics => registerMetrics(registry, catalogue)
