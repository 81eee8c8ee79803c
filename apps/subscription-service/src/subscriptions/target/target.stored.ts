import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { Sealer, SecretOwner } from '@hooklane/core/secrets'
import type { AllowedTargets } from '@hooklane/core/delivery'
import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import { missing } from '../../http/problem.js'
import { refuseSecretsForNewOrigin, sealHeaders } from './seal-headers.js'
import { originOf, sealUrl, targetUrlConfiguration } from './seal-url.js'
import type { PatchTarget } from './target.form.js'

export type StoredTarget = Pick<SubscriptionEntity, 'targetUrl' | 'targetUrlSealed' | 'targetHeaders'>

/** The settings of this installation that saving a target depends on. */
export interface TargetRules {
  readonly sealer: Sealer
  readonly allowTargets: AllowedTargets
  readonly headerPrefix: string
}

/**
 * Returns the target to store. URL and headers are handled together, because secrets belong to a receiver: a secret that was written for
 * one origin is never sent to another. The signing secret is kept when the origin changes, because no delivery contains it.
 * @param before null: the subscription is new, and `target.url` is required
 * @throws Problem 400, 422
 */
export function storedTarget(
  { target: { url, headers } = {} }: { readonly target?: PatchTarget },
  before: StoredTarget | null,
  context: { readonly rules: TargetRules; readonly owner: SecretOwner },
): StoredTarget {
  const rules = { ...context.rules, owner: context.owner }
  const { targetUrl, targetUrlSealed } =
    url === undefined ? (before ?? missing('target.url')) : sealUrl(url, before, rules)
  const isSameReceiver = before === null || originOf(before.targetUrl) === originOf(targetUrl)
  const headersBefore = before?.targetHeaders ?? []
  if (!headers && !isSameReceiver) refuseSecretsForNewOrigin(headersBefore)
  const targetHeaders = headers ? sealHeaders(headers, headersBefore, { ...rules, isSameReceiver }) : headersBefore
  return { targetUrl, targetUrlSealed, targetHeaders }
}

export const targetConfiguration = (stored: StoredTarget): Pick<SubscriptionConfiguration, 'target'> => ({
  target: { url: targetUrlConfiguration(stored), method: 'POST', headers: stored.targetHeaders },
})
