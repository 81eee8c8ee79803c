import {
  DEFAULT_DELIVERY_POLICY,
  DELIVERY_POLICY_LIMITS,
  FAILURE_ACTIONS,
  LATER_FAILURE_ACTIONS,
  NAMED_SUCCESS_RULES,
  RETRIED_FAILURES,
  type FailureAction,
  type RetriedFailures,
  type SuccessRule,
} from '@hooklane/contracts/records'
import { choice, custom, duration, notYetAvailable, number, part, wholeNumber } from '../../http/fields.js'

const LIMITS = DELIVERY_POLICY_LIMITS
const DEFAULT = DEFAULT_DELIVERY_POLICY

export class WriteBackoff {
  @duration(LIMITS.delayMs, { example: 'PT1S' })
  first!: string

  @number(LIMITS.factor, { example: 2 })
  factor!: number

  @duration(LIMITS.delayMs, { example: 'PT1H' })
  max!: string
}

export class WriteRetry {
  @wholeNumber(LIMITS.attempts, {
    optional: true,
    default: DEFAULT.retry.attempts,
    description: 'Maximum number of attempts, including the first',
  })
  attempts?: number

  @duration(LIMITS.delayMs, { optional: true, default: DEFAULT.retry.interval })
  interval?: string

  @part(() => WriteBackoff, { optional: true, description: 'Instead of `interval`' })
  backoff?: WriteBackoff

  @number(LIMITS.jitter, {
    optional: true,
    default: DEFAULT.retry.jitter,
    description: 'Share of each delay by which the delay is varied at random',
  })
  jitter?: number

  @choice(RETRIED_FAILURES, { optional: true, default: DEFAULT.retry.on })
  on?: RetriedFailures
}

const { successStatus: STATUS, successStatuses: STATUSES } = LIMITS
const NAMES: readonly unknown[] = NAMED_SUCCESS_RULES

const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= STATUS.min && (value as number) <= STATUS.max
const isSuccessRule = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length >= STATUSES.min && value.length <= STATUSES.max && value.every(isStatus)
    : NAMES.includes(value)

const SUCCESS_RULE = {
  check: isSuccessRule,
  message: `must be ${NAMED_SUCCESS_RULES.map((name) => `"${name}"`).join(', ')} or a list of statuses from ${STATUS.min} to ${STATUS.max}`,
}
export const SUCCESS_SCHEMA = {
  oneOf: [
    { type: 'string', enum: [...NAMED_SUCCESS_RULES] },
    {
      type: 'array',
      items: { type: 'integer', minimum: STATUS.min, maximum: STATUS.max },
      minItems: STATUSES.min,
      maxItems: STATUSES.max,
    },
  ],
}

export class WriteDelivery {
  @custom(SUCCESS_SCHEMA, SUCCESS_RULE, { optional: true, default: DEFAULT.success })
  success?: SuccessRule

  @duration(LIMITS.timeoutMs, {
    optional: true,
    default: DEFAULT.timeout,
    description: 'Time limit for a whole attempt',
  })
  timeout?: string

  @part(() => WriteRetry, { optional: true })
  retry?: WriteRetry

  @choice(FAILURE_ACTIONS, { optional: true, later: LATER_FAILURE_ACTIONS, default: DEFAULT.onRejected })
  onRejected?: FailureAction

  @choice(FAILURE_ACTIONS, { optional: true, later: LATER_FAILURE_ACTIONS, default: DEFAULT.onUnreachable })
  onUnreachable?: FailureAction

  @notYetAvailable(null)
  autoDisable?: null

  @notYetAvailable(null)
  whileDisabled?: null
}

export class DeliveryPolicyForm {
  @part(() => WriteDelivery, { optional: true })
  delivery?: WriteDelivery
}
