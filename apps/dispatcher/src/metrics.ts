import type { AttemptResult } from '@hooklane/core/policy'
import type { StoreOperation } from '@hooklane/dispatch'
import {
  counter,
  gauge,
  histogram,
  inBuckets,
  registerMetrics,
  WORKER_GROUPS,
  type Metrics,
  type Registry,
} from '@hooklane/observability'

const group = WORKER_GROUPS

const RESULTS = [
  'accepted',
  'rejected',
  'gone',
  'throttled',
  'timedOut',
  'unreachable',
  'notSendable',
] as const satisfies readonly AttemptResult['kind'][]

const OPERATIONS = ['keep', 'lane', 'release'] as const satisfies readonly StoreOperation[]

const ALARMS = [
  'hole',
  'spread',
  'undecodable',
  'illegalInput',
  'illegalTransition',
  'log_lost',
  'cannot_unseal',
  'defect',
  'group_not_served',
  'predecessor',
] as const

/** Why a request was not started although it was due. */
export const GUARD_CAUSES = ['stopping', 'configuration', 'deadline', 'sealed'] as const
export type GuardCause = (typeof GUARD_CAUSES)[number]

/** The metrics of a dispatcher. Labels take the worker group and values from closed sets only. */
export const catalogue = {
  attempts: counter(
    'attempts_total',
    'Requests made to receivers, by result. If `unreachable` and `timedOut` rise in all groups at once, this network has lost its outbound connection.',
    { group, result: RESULTS },
  ),
  resent: counter(
    'attempts_resent_total',
    'Requests written a second time because the receiver closed a kept connection before it sent any byte of an answer. The receiver may have read the first copy; both copies carry the same `webhook-id`. Rising: a server or load balancer closes idle connections sooner than its `Keep-Alive` header says, or within 1.5 seconds if it sends no such header.',
    { group },
  ),
  distrustedOrigins: counter(
    'distrusted_origins_total',
    'How often an origin was caught sending bytes that belong to no request, such as a second answer. Until ten minutes after the last time, each request to that origin gets its own connection, at several times the CPU. The log line names the origin.',
  ),
  attemptSeconds: histogram(
    'attempt_seconds',
    'Time from the start of a request to the last byte of the answer, or to the failure. The throughput of one app is 1 divided by this time.',
    { group },
  ),
  firstAttemptSeconds: histogram(
    'publish_to_first_attempt_seconds',
    'Time from routing to the first attempt. `never_failed`: apps that have not failed since their partition was taken over. Their time must stay low, whatever other apps do. If it rises, ATTEMPTS_MAX or PER_HOST_MAX is too low, or a partition has stopped reading.',
    { group, lane: ['never_failed', 'other'] },
  ),
  settled: counter(
    'settled_unsent_total',
    'Deliveries that ended without a request: `filtered` (the subscription, app or company was deleted), `dropped` (the subscription or app was disabled), or `skipped` by an operator.',
    { group, status: ['filtered', 'dropped', 'skipped'] },
  ),
  deadLetters: counter('dead_letters_total', 'Deliveries given up on and kept on the topic `dead-letters`.', { group }),
  lanes: gauge(
    'lanes',
    'Lanes held in memory, by mode. `parked`: the first delivery has failed and waits for its next attempt, and all later deliveries of that app wait behind it. Many parked at once: receivers or the network are down.',
    { group, mode: ['flow', 'parked'] },
  ),
  oldestAge: gauge(
    'lane_oldest_age_seconds',
    'Time since the oldest delivery at the head of a lane was routed; 0 when no delivery waits. Grows by one second per second while an app is down.',
    { group },
  ),
  positionAge: gauge(
    'position_age_seconds',
    'Among the partitions with unsettled deliveries, the longest time for which a position has not moved; 0 when every delivery is settled. One app that is down holds back the position of its partition. High with parked lanes: a receiver is down. High without parked lanes: the dispatcher itself has stalled.',
    { group },
  ),
  duplicatesSuppressed: counter(
    'duplicates_suppressed_total',
    'Records that were read again although they were already settled. A few after a takeover are normal; otherwise there are none.',
    { group },
  ),
  inFlight: gauge(
    'attempts_in_flight',
    'Requests in flight now. Near ATTEMPTS_MAX for long: raise ATTEMPTS_MAX, or add processes.',
  ),
  heldBytes: gauge(
    'held_payload_bytes',
    'Payload bytes of the records held in lanes, plus those of outcome records that wait to be published to Kafka. Reading pauses at 80 % of MEMORY_MAX_BYTES.',
  ),
  partitionsOwned: gauge(
    'partitions_owned',
    'Partitions whose lease this process holds. The sum over all processes must equal the number of partitions of the group’s topic. A lower sum means that some partitions are not delivered.',
    { group },
  ),
  leaseRemaining: gauge(
    'lease_remaining_seconds',
    'Remaining time of the lease that ends first; 0 when no lease is held. Near LEASE_TTL_MS when healthy. Falling: Postgres does not answer renewals; at 0 nothing is attempted.',
  ),
  positionSpread: gauge(
    'position_spread',
    'Largest distance, in records, between the lowest unsettled record and the next record to read. At SPREAD_MAX the partition stops reading until its slowest app makes progress.',
    { group },
  ),
  fenced: counter(
    'fenced_total',
    'Writes refused because this process no longer held the lease. Outside a rebalance: another process took over because this one was frozen or cut off.',
    { group, op: OPERATIONS },
  ),
  ambiguous: counter(
    'ambiguous_total',
    'Writes to Postgres whose outcome is unknown, by purpose. Rising: Postgres is unavailable or slow; attempts stop when the leases expire.',
    { op: OPERATIONS },
  ),
  guardWaits: counter(
    'guard_waits_total',
    'Attempts that were not started, by cause. `deadline`: the lease could end before the attempt does; `sealed`: SECRETS_KEY does not open the subscription’s secret; `configuration`: the subscription was deleted in the meantime; `stopping`: the partition is being given up, or the process is stopping.',
    { cause: GUARD_CAUSES },
  ),
  alarms: counter(
    'dispatch_alarms_total',
    'Conditions that should not occur. `hole`: a sequence number is missing from the topic; `spread`: a partition stopped reading; `log_lost`: records expired, or the topic was recreated; `group_not_served`: the topic of a worker group is missing; `predecessor`: an app that was deleted and created again waits for the worker group of its predecessor; `cannot_unseal`: SECRETS_KEY is wrong; `undecodable`: a record cannot be read; `defect`, `illegalInput`, `illegalTransition`: a defect of Hooklane, please report it with the log line.',
    { kind: ALARMS },
  ),
  takeoverSeconds: inBuckets(
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 40, 60],
    histogram(
      'takeover_seconds',
      'Time from the assignment of a partition to its first read. Up to LEASE_TTL_MS after a crash, far below a second after an orderly shutdown.',
      { group },
    ),
  ),
} as const

export type DispatcherMetrics = Metrics<typeof catalogue>

export const dispatcherMetrics = (registry: Registry): DispatcherMetrics => registerMetrics(registry, catalogue)
