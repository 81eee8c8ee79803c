import type { SubscriptionConfiguration } from '@hooklane/contracts'
import { signingKeyOf, type Sealer, type SigningKey } from '@hooklane/core'
import { isCredentialHeader, maskUrl } from '@hooklane/webhook-http'

/** What a request to a subscription needs beside the body, its secrets opened, and what may be written of it. */
export interface SubscriptionAccess {
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** Names, as in `headers`, of those whose values stay hidden in the log. */
  readonly hiddenHeaders: readonly string[]
  /** The target as the log may show it. */
  readonly shownUrl: string
  readonly signingKeys: readonly { readonly key: SigningKey; readonly validUntilMs: number | null }[]
}

/** Opens and masks once per version of a subscription: per delivery either would cost more than signing. */
export class SubscriptionAccessCache {
  private readonly opened = new WeakMap<SubscriptionConfiguration, SubscriptionAccess>()

  constructor(private readonly sealer: Sealer) {}

  /** @throws CannotUnseal our key is missing, the text was tampered with, or (InvalidSigningSecret) it holds no secret: the lane must wait, the receiver is not to blame */
  of(subscription: SubscriptionConfiguration): SubscriptionAccess {
    let access = this.opened.get(subscription)
    if (!access) {
      access = this.open(subscription)
      this.opened.set(subscription, access)
    }
    return access
  }

  private open(subscription: SubscriptionConfiguration): SubscriptionAccess {
    const scope = `${subscription.companyId}/${subscription.id}`
    const hiddenHeaders = subscription.target.headers
      .filter((header) => !('value' in header) || isCredentialHeader(header.name))
      .map(({ name }) => name)
    const headers = subscription.target.headers.map((header) => {
      if ('value' in header) return header
      return { name: header.name, value: this.sealer.unseal(header.sealed, `${scope}/header`) }
    })
    const signingKeys = subscription.secrets.map(({ sealed, validUntil }) => ({
      key: signingKeyOf(this.sealer.unseal(sealed, `${scope}/secret`)),
      validUntilMs: validUntil === null ? null : Date.parse(validUntil),
    }))
    return { headers, hiddenHeaders, shownUrl: maskUrl(subscription.target.url), signingKeys }
  }
}
