import type { Sealer } from '@hooklane/core/access'
import type { AllowedTargets } from '@hooklane/core/delivery'
import type { SubscriptionEntity } from '@hooklane/postgres'
import type { WriteHeader } from './subscription.dto.js'
import { refuseSecretsForOthers, sealHeaders } from './target-headers.js'
import { originOf, sealUrl, type StoredUrl } from './target-url.js'

export interface TargetRules {
  readonly sealer: Sealer
  readonly allowTargets: AllowedTargets
  readonly headerPrefix: string
}

/** A target as it is written: what is absent stays. */
export interface WrittenTarget {
  readonly url?: string
  readonly headers?: readonly WriteHeader[]
}

/**
 * Changes URL and headers together, because secrets belong to a receiver: one that was written for an origin is never sent to another. The
 * signing secret stays: no request holds it.
 * @param before null: the subscription is new
 * @throws Problem 400, 422
 */
export function changeTarget(
  subscription: SubscriptionEntity,
  before: StoredUrl | null,
  { url, headers }: WrittenTarget,
  rules: TargetRules,
): void {
  const { companyId, id: subscriptionId, targetHeaders } = subscription
  const context = { ...rules, owner: { companyId, subscriptionId } }
  const changed = url === undefined ? before : sealUrl(url, before, context)
  const isSameReceiver = !before || !changed || originOf(before.targetUrl) === originOf(changed.targetUrl)
  if (headers) subscription.targetHeaders = sealHeaders(headers, targetHeaders, { ...context, isSameReceiver })
  else if (!isSameReceiver) refuseSecretsForOthers(targetHeaders)
  if (!changed) return
  subscription.targetUrl = changed.targetUrl
  subscription.targetUrlSealed = changed.targetUrlSealed
}
