import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from '../public/schemas.js'

/**
 * How the deliveries of a subscription are attempted: schemas, limits and defaults. They are defined only here: the API validates and
 * documents requests by them, and the services that deliver rely on them.
 */

/** Durations are in milliseconds. A range includes both ends. */
export const DELIVERY_POLICY_LIMITS = {
  /** Attempts of a delivery, including the first. */
  attempts: { min: 1, max: 100 },
  /** Time limit for a whole attempt. The dispatcher's `LEASE_TTL_MS` and `DRAIN_LIMIT_MS` must be longer than `max`. */
  timeoutMs: { min: 1_000, max: 25_000 },
  /** For `interval`, and for `first` and `max` of `backoff`. */
  delayMs: { min: 100, max: 86_400_000 },
  factor: { min: 1, max: 100 },
  /** Maximum random change of a delay, up or down, as a share of the delay. */
  jitter: { min: 0, max: 0.5 },
  /** Statuses that a success rule may list. */
  successStatus: { min: 200, max: 299 },
  /** How many statuses it may list. */
  successStatuses: { min: 1, max: 20 },
  /** Maximum time from the start of the first attempt to the end of the last one. */
  scheduleHours: 72,
} as const

/** Success rules with a name. All other rules are lists of statuses. */
export const NAMED_SUCCESS_RULES = ['2xx', '200'] as const

const { successStatus, successStatuses } = DELIVERY_POLICY_LIMITS

export const SuccessRuleSchema = Type.Union([
  ...NAMED_SUCCESS_RULES.map((name) => Type.Literal(name)),
  Type.Array(Type.Integer({ minimum: successStatus.min, maximum: successStatus.max }), {
    minItems: successStatuses.min,
    maxItems: successStatuses.max,
  }),
])
/** The response statuses that acknowledge a delivery. */
export type SuccessRule = Static<typeof SuccessRuleSchema>

/** `any`: every failure is retried; `transient`: every failure except a rejection by the receiver (4xx, 3xx). */
export const RETRIED_FAILURES = ['any', 'transient'] as const
export type RetriedFailures = (typeof RETRIED_FAILURES)[number]

export const RetryPolicySchema = Type.Object({
  /** Maximum number of attempts, including the first. */
  attempts: Type.Integer({
    minimum: DELIVERY_POLICY_LIMITS.attempts.min,
    maximum: DELIVERY_POLICY_LIMITS.attempts.max,
  }),
  /** Exactly one of `intervalMs` and `backoff` is set. */
  intervalMs: Type.Optional(Type.Integer({ minimum: 0 })),
  backoff: Type.Optional(
    Type.Object({
      firstMs: Type.Integer({ minimum: 1 }),
      factor: Type.Number({ minimum: DELIVERY_POLICY_LIMITS.factor.min }),
      maxMs: Type.Integer({ minimum: 1 }),
    }),
  ),
  /** Maximum random change of a delay, up or down, as a share of the delay. */
  jitter: Type.Number({ minimum: DELIVERY_POLICY_LIMITS.jitter.min, maximum: DELIVERY_POLICY_LIMITS.jitter.max }),
  on: OneOf(RETRIED_FAILURES),
})
export type RetryPolicy = Static<typeof RetryPolicySchema>

/** Actions that the API accepts. */
export const FAILURE_ACTIONS = ['deadLetter', 'drop', 'block'] as const
/** Actions that records may also contain, but that the API refuses as not available yet. */
export const LATER_FAILURE_ACTIONS = ['disable'] as const

export const FailureActionSchema = OneOf([...FAILURE_ACTIONS, ...LATER_FAILURE_ACTIONS])
/** What happens to a delivery whose retries are used up. */
export type FailureAction = Static<typeof FailureActionSchema>

export const DeliveryPolicySchema = Type.Object({
  success: SuccessRuleSchema,
  /** Time limit for a whole attempt. */
  timeoutMs: Type.Integer({ minimum: 1, maximum: DELIVERY_POLICY_LIMITS.timeoutMs.max }),
  retry: RetryPolicySchema,
  /** Action after the receiver rejected the delivery (4xx, 3xx). */
  onRejected: FailureActionSchema,
  /** Action after timeouts, network and TLS errors, 5xx, and 429 beyond the schedule. */
  onUnreachable: FailureActionSchema,
})
export type DeliveryPolicy = Static<typeof DeliveryPolicySchema>

/** The policy of a subscription that sets none, in the form in which people write it. */
export const DEFAULT_DELIVERY_POLICY = {
  success: '2xx',
  timeout: 'PT15S',
  retry: { attempts: 10, interval: 'PT6M', jitter: 0, on: 'any' },
  onRejected: 'deadLetter',
  onUnreachable: 'block',
} as const

/** `DEFAULT_DELIVERY_POLICY.retry.interval` in milliseconds. Also used for a record with neither an interval nor a backoff. */
export const DEFAULT_RETRY_INTERVAL_MS = 360_000
