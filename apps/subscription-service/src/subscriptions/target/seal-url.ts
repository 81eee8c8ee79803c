import type { TargetUrl } from '@hooklane/contracts/records'
import { holdsMask, sealingScope, shownUrl, type Sealer, type SecretOwner } from '@hooklane/core/access'
import type { AllowedTargets } from '@hooklane/core/delivery'
import type { SubscriptionEntity } from '@hooklane/postgres'
import { checkTarget } from '@hooklane/webhook-http'
import { invalid, unprocessable } from '../../http/problem.js'

/** A URL as it is stored: `targetUrl` may be shown; what it leaves out stands in `targetUrlSealed`, which is null when that is nothing. */
export type StoredUrl = Pick<SubscriptionEntity, 'targetUrl' | 'targetUrlSealed'>

export interface UrlContext {
  readonly owner: SecretOwner
  readonly sealer: Sealer
  readonly allowTargets: AllowedTargets
}

/**
 * The written URL as it is stored. One that is written back as it was shown is the one that is stored; any other that holds `***` was
 * copied from somewhere, and would be called with asterisks in the place of its secrets.
 * @param before null: the subscription is new
 * @throws Problem 400, 422
 */
export function sealUrl(
  written: string,
  before: StoredUrl | null,
  { owner, sealer, allowTargets }: UrlContext,
): StoredUrl {
  const check = checkTarget(written, allowTargets)
  if (!check.ok) throw invalid({ path: 'target.url', code: check.code, message: check.message })
  const { url } = check
  if (holdsMask(url)) {
    if (before && url === shownUrl(before.targetUrl)) return before
    const message = 'holds *** in the place of what is not shown: write the whole URL'
    throw unprocessable({ path: 'target.url', code: 'SECRETS_REQUIRED', message })
  }
  const shown = shownUrl(url)
  return { targetUrl: shown, targetUrlSealed: shown === url ? null : sealer.seal(url, sealingScope(owner, 'url')) }
}

/** What the delivery path is told. */
export const targetUrlConfiguration = ({ targetUrl, targetUrlSealed }: StoredUrl): TargetUrl =>
  targetUrlSealed === null ? targetUrl : { shown: targetUrl, sealed: targetUrlSealed }

/** Scheme, host and port: who gets what is sent there. */
export const originOf = (url: string): string => new URL(url).origin
