import {
  DEFAULT_DELIVERY_POLICY,
  DELIVERY_POLICY_LIMITS,
  type DeliveryPolicy,
  type SubscriptionConfiguration,
} from '@hooklane/contracts/records'
import { parseDuration } from '@hooklane/core/kernel'
import { longestScheduleMs } from '@hooklane/core/policy'
import type { StoredDeliveryPolicy, SubscriptionEntity } from '@hooklane/postgres/tenancy'
import { unprocessable } from '../../http/problem.js'
import type { DeliveryPolicyForm, WriteDelivery } from './delivery-policy.form.js'

export type StoredDelivery = Pick<SubscriptionEntity, 'delivery'>

/** @param before null: the subscription is new. @throws Problem 422 when the fields contradict each other */
export const storedDeliveryPolicy = (
  { delivery }: DeliveryPolicyForm,
  before: StoredDelivery | null,
): StoredDelivery => ({
  delivery: changePolicy(before?.delivery ?? DEFAULT_DELIVERY_POLICY, delivery),
})

/** Returns the policy with the written fields changed. @throws Problem 422 */
function changePolicy(before: StoredDeliveryPolicy, written: WriteDelivery | undefined): StoredDeliveryPolicy {
  const { success, timeout, retry, onRejected, onUnreachable } = written ?? {}
  const policy: StoredDeliveryPolicy = {
    success: success ?? before.success,
    timeout: timeout ?? before.timeout,
    retry: {
      attempts: retry?.attempts ?? before.retry.attempts,
      ...spacing(before.retry, retry),
      jitter: retry?.jitter ?? before.retry.jitter,
      on: retry?.on ?? before.retry.on,
    },
    onRejected: onRejected ?? before.onRejected,
    onUnreachable: onUnreachable ?? before.onUnreachable,
  }
  refuseLongSchedule(policy)
  return policy
}

/** Returns `interval` or `backoff`. They exclude each other, so writing one of them removes the other. */
function spacing(
  before: StoredDeliveryPolicy['retry'],
  written: WriteDelivery['retry'],
): Pick<StoredDeliveryPolicy['retry'], 'interval' | 'backoff'> {
  if (written?.interval !== undefined && written.backoff !== undefined) {
    const message = 'must have either interval or backoff, not both'
    throw unprocessable({ path: 'delivery.retry', code: 'INTERVAL_OR_BACKOFF', message })
  }
  if (written?.interval !== undefined) return { interval: written.interval }
  if (written?.backoff) {
    const { first, factor, max } = written.backoff
    if (milliseconds(max) >= milliseconds(first)) return { backoff: { first, factor, max } }
    throw unprocessable({ path: 'delivery.retry.backoff', code: 'BACKOFF_ORDER', message: 'first must not exceed max' })
  }
  return before.backoff
    ? { backoff: before.backoff }
    : { interval: before.interval ?? DEFAULT_DELIVERY_POLICY.retry.interval }
}

function refuseLongSchedule(policy: StoredDeliveryPolicy): void {
  const { scheduleHours } = DELIVERY_POLICY_LIMITS
  if (longestScheduleMs(toPolicyConfiguration(policy)) <= scheduleHours * 3_600_000) return
  const message = `the retries must end within ${scheduleHours} hours: use fewer attempts or shorter delays`
  throw unprocessable({ path: 'delivery.retry', code: 'SCHEDULE_TOO_LONG', message })
}

export const deliveryPolicyConfiguration = ({
  delivery,
}: StoredDelivery): Pick<SubscriptionConfiguration, 'delivery'> => ({
  delivery: toPolicyConfiguration(delivery),
})

/** The policy as it is published to the delivery path. */
function toPolicyConfiguration(policy: StoredDeliveryPolicy): DeliveryPolicy {
  const { attempts, interval, backoff, jitter, on } = policy.retry
  return {
    success: policy.success,
    timeoutMs: milliseconds(policy.timeout),
    retry: {
      attempts,
      ...(interval === undefined ? {} : { intervalMs: milliseconds(interval) }),
      ...(backoff === undefined
        ? {}
        : {
            backoff: { firstMs: milliseconds(backoff.first), factor: backoff.factor, maxMs: milliseconds(backoff.max) },
          }),
      jitter,
      on,
    },
    onRejected: policy.onRejected,
    onUnreachable: policy.onUnreachable,
  }
}

function milliseconds(duration: string): number {
  const ms = parseDuration(duration)
  if (ms === null) throw new Error(`a stored duration cannot be read: ${duration}`)
  return ms
}
