import type { AttemptResult } from '@hooklane/core/policy'
import type { StoreOperation } from '@hooklane/dispatch'
import {
  counter,
  gauge,
  histogram,
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
  'gap',
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

/** Why a request was not started although its turn had come. */
export const GUARD_CAUSES = ['stopping', 'configuration', 'deadline', 'sealed'] as const
export type GuardCause = (typeof GUARD_CAUSES)[number]

/** What a dispatcher tells Prometheus. Labels: worker group and closed sets only. */
export const catalogue = {
  attempts: counter(
    'attempts_total',
    'Requests made to receivers, by what they came to. `unreachable` and `timedOut` rising in all groups at once: the way out of this network is down.',
    { group, result: RESULTS },
  ),
  resent: counter(
    'attempts_resent_total',
    'Requests written a second time, because the receiver had closed a kept connection before any byte of an answer. It may have read the first one: copies carry the same `webhook-id`. Rising: a server or load balancer closes idle connections sooner than its `Keep-Alive` header says, or within 1.5 seconds without one.',
    { group },
  ),
  distrustedOrigins: counter(
    'distrusted_origins_total',
    'Times that an origin was caught sending bytes that belong to no request, such as a second answer. It gets a connection per request until ten minutes after it last did so, at several times the CPU; the log line names it.',
  ),
  attemptSeconds: histogram(
    'attempt_seconds',
    'From the start of a request to the last byte of the answer, or to the failure. One app’s throughput is 1 divided by it.',
    { group },
  ),
  firstAttemptSeconds: histogram(
    'publish_to_first_attempt_seconds',
    'From routing to the first attempt. `never_failed`: apps that have not failed since their partition was taken over. These must stay fast whatever others do; rising means too few requests in flight, or a partition that does not read.',
    { group, lane: ['never_failed', 'other'] },
  ),
  settled: counter(
    'settled_total',
    'Deliveries that ended without a request: filtered (nobody wants them any more), dropped by policy, skipped by an operator.',
    { group, status: ['filtered', 'dropped', 'skipped'] },
  ),
  deadLetters: counter('dead_letters_total', 'Deliveries given up on and kept on the topic `dead-letters`.', { group }),
  lanes: gauge(
    'lanes',
    'Lanes held in memory by mode. `parked`: the first delivery has failed and waits for its next attempt, everything of that app behind it. Many parked at once: receivers or the network are down.',
    { group, mode: ['flow', 'parked'] },
  ),
  oldestAge: gauge(
    'lane_oldest_age_seconds',
    'Since the oldest delivery that waits at the head of a lane was routed; 0 when none waits. Grows by a second per second while an app is down.',
    { group },
  ),
  positionAge: gauge(
    'position_age_seconds',
    'Longest time that the position of a partition with work behind it has not moved; 0 when all is done. One app that is down holds its partition’s position: high with parked lanes is a receiver, high without is a stall of ours.',
    { group },
  ),
  duplicatesSuppressed: counter(
    'duplicates_suppressed_total',
    'Records read again that were settled already: after a takeover a few, otherwise none.',
    { group },
  ),
  inFlight: gauge('attempts_in_flight', 'Requests out now. Near ATTEMPTS_MAX for long: raise it, or add processes.'),
  heldBytes: gauge(
    'held_payload_bytes',
    'Payload bytes of the records held in lanes, and of those about attempts that wait for Kafka; reading pauses at 80 % of MEMORY_MAX_BYTES.',
  ),
  partitionsOwned: gauge(
    'partitions_owned',
    'Partitions this process holds the lease of. The sum over all processes must be the partitions of the group’s topic: less means that some are not delivered.',
    { group },
  ),
  leaseRemaining: gauge(
    'lease_remaining_seconds',
    'Shortest lease held. Near LEASE_TTL_MS when well; falling means that Postgres does not answer renewals, at 0 nothing is attempted.',
  ),
  positionSpread: gauge(
    'position_spread',
    'Largest distance, in records, between the lowest not done and the next to read. At SPREAD_MAX the partition stops reading until its slowest app goes on.',
    { group },
  ),
  fenced: counter(
    'fenced_total',
    'Writes that found the lease gone. Outside a rebalance: somebody else took over, this process was frozen or cut off.',
    { group, op: OPERATIONS },
  ),
  ambiguous: counter(
    'ambiguous_total',
    'Writes to Postgres whose outcome is unknown, by what they were for. Rising: Postgres is away or slow; attempts end when leases do.',
    { op: OPERATIONS },
  ),
  guardWaits: counter(
    'guard_waits_total',
    'Attempts that were not started. `deadline`: the lease would not outlive them; `sealed`: SECRETS_KEY does not open the subscription’s secret; `configuration`: deleted meanwhile; `stopping`: the process ends.',
    { cause: GUARD_CAUSES },
  ),
  alarms: counter(
    'dispatch_alarms_total',
    'What should not happen. `gap`: a number is missing from the topic; `spread`: a partition stopped reading; `log_lost`: records expired or the topic was recreated; `group_not_served`: its topic is missing; `predecessor`: an app that was made again waits for the group of its predecessor; `cannot_unseal`: wrong SECRETS_KEY; `undecodable`: a record cannot be read; `defect`, `illegalInput`, `illegalTransition`: a defect of Hooklane, report it with the log line.',
    { kind: ALARMS },
  ),
  takeoverSeconds: histogram(
    'takeover_seconds',
    'From the assignment of a partition to its first read. Up to LEASE_TTL_MS after a crash, far below a second after an orderly end.',
    { group },
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 40, 60],
  ),
} as const

export type DispatcherMetrics = Metrics<typeof catalogue>

export const dispatcherMetrics = (registry: Registry): DispatcherMetrics => registerMetrics(registry, catalogue)
