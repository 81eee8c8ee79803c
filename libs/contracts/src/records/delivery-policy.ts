import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from '../public/schemas.js'

/**
 * How a subscription's deliveries are attempted: its forms, limits and defaults. They stand here once: the API checks and documents what is
 * written by them, and the delivery path relies on them.
 */

/** Durations in milliseconds; both ends of a range are allowed. */
export const DELIVERY_POLICY_LIMITS = {
  /** In all, the first included. */
  attempts: { min: 1, max: 100 },
  /** Total deadline of an attempt. `LEASE_TTL_MS` and `DRAIN_LIMIT_MS` of the dispatcher must outlast the longest. */
  timeoutMs: { min: 1_000, max: 25_000 },
  /** Of an interval, and of both ends of a backoff. */
  delayMs: { min: 100, max: 86_400_000 },
  factor: { min: 1, max: 100 },
  /** Share of a delay by which it is varied. */
  jitter: { min: 0, max: 0.5 },
  /** Statuses that a success rule may list, and how many of them. */
  successStatus: { min: 200, max: 299 },
  successStatuses: { min: 1, max: 20 },
  /** From the start of the first attempt to the end of the last one. */
  scheduleHours: 72,
} as const

/** Rules for success that have a name; the others are lists of statuses. */
export const NAMED_SUCCESS_RULES = ['2xx', '200'] as const

const { successStatus, successStatuses } = DELIVERY_POLICY_LIMITS

export const SuccessRuleSchema = Type.Union([
  ...NAMED_SUCCESS_RULES.map((name) => Type.Literal(name)),
  Type.Array(Type.Integer({ minimum: successStatus.min, maximum: successStatus.max }), {
    minItems: successStatuses.min,
    maxItems: successStatuses.max,
  }),
])
/** Which statuses acknowledge a delivery. */
export type SuccessRule = Static<typeof SuccessRuleSchema>

/** `any`: every failure is retried; `transient`: refusals of the receiver are not. */
export const RETRIED_FAILURES = ['any', 'transient'] as const
export type RetriedFailures = (typeof RETRIED_FAILURES)[number]

export const RetryPolicySchema = Type.Object({
  /** Attempts in all, the first included. */
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
  /** Share of a delay by which it is varied. */
  jitter: Type.Number({ minimum: DELIVERY_POLICY_LIMITS.jitter.min, maximum: DELIVERY_POLICY_LIMITS.jitter.max }),
  on: OneOf(RETRIED_FAILURES),
})
export type RetryPolicy = Static<typeof RetryPolicySchema>

/** What the API accepts. */
export const FAILURE_ACTIONS = ['deadLetter', 'drop', 'block'] as const
/** What records may hold as well, and the API refuses as not available yet. */
export const LATER_FAILURE_ACTIONS = ['disable'] as const

export const FailureActionSchema = OneOf([...FAILURE_ACTIONS, ...LATER_FAILURE_ACTIONS])
/** What becomes of a delivery whose schedule is used up. */
export type FailureAction = Static<typeof FailureActionSchema>

export const DeliveryPolicySchema = Type.Object({
  success: SuccessRuleSchema,
  /** Total deadline of an attempt. */
  timeoutMs: Type.Integer({ minimum: 1, maximum: DELIVERY_POLICY_LIMITS.timeoutMs.max }),
  retry: RetryPolicySchema,
  /** The receiver answered and refused (4xx, 3xx). */
  onRejected: FailureActionSchema,
  /** Timeouts, network, TLS, 5xx, and 429 beyond the schedule. */
  onUnreachable: FailureActionSchema,
})
export type DeliveryPolicy = Static<typeof DeliveryPolicySchema>

/** What a subscription that says nothing gets, as people write it. */
export const DEFAULT_DELIVERY_POLICY = {
  success: '2xx',
  timeout: 'PT15S',
  retry: { attempts: 10, interval: 'PT6M', jitter: 0, on: 'any' },
  onRejected: 'deadLetter',
  onUnreachable: 'block',
} as const

/** `DEFAULT_DELIVERY_POLICY.retry.interval` in milliseconds; also for a record that names neither interval nor backoff. */
export const DEFAULT_RETRY_INTERVAL_MS = 360_000
