import type { TargetUrl } from '@hooklane/contracts/records'
import { holdsMask, sealingScope, shownUrl, type Sealer, type SecretOwner } from '@hooklane/core/secrets'
import type { AllowedTargets } from '@hooklane/core/delivery'
import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import { checkTarget } from '@hooklane/webhook-http'
import { invalid, unprocessable } from '../../http/problem.js'

/** A stored URL. `targetUrl` is the part that may be shown. `targetUrlSealed` is the whole URL, or null when `targetUrl` lacks no part. */
export type StoredUrl = Pick<SubscriptionEntity, 'targetUrl' | 'targetUrlSealed'>

export interface UrlContext {
  readonly owner: SecretOwner
  readonly sealer: Sealer
  readonly allowTargets: AllowedTargets
}

/**
 * Returns the URL to store. If the written URL is exactly the one that responses show, the stored URL is kept. Any other URL that contains
 * `***` is refused: it was copied from a response, and requests would go to a URL with asterisks in place of its secrets.
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
    const message = 'contains *** in place of a hidden part: send the whole URL'
    throw unprocessable({ path: 'target.url', code: 'SECRETS_REQUIRED', message })
  }
  const shown = shownUrl(url)
  return { targetUrl: shown, targetUrlSealed: shown === url ? null : sealer.seal(url, sealingScope(owner, 'url')) }
}

/** The URL as it is published to the delivery path. */
export const targetUrlConfiguration = ({ targetUrl, targetUrlSealed }: StoredUrl): TargetUrl =>
  targetUrlSealed === null ? targetUrl : { shown: targetUrl, sealed: targetUrlSealed }

/** Scheme, host and port. Two URLs of one origin count as the same receiver. */
export const originOf = (url: string): string => new URL(url).origin
