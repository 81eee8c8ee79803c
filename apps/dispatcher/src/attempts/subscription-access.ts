import type { SubscriptionConfiguration } from '@hooklane/contracts'
import { signingKeyOf, type Sealer, type SigningKey } from '@hooklane/core'

/** A subscription's opened secrets: what a request to it needs beside the body. */
export interface SubscriptionAccess {
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** Names of the headers whose values stay hidden in the log. */
  readonly secretHeaders: ReadonlySet<string>
  readonly signingKeys: readonly { readonly key: SigningKey; readonly validUntilMs: number | null }[]
}

/**
 * Opens sealed secrets once per version of a subscription: opening per delivery would cost more than signing.
 */
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
    const secretHeaders = new Set<string>()
    const headers = subscription.target.headers.map((header) => {
      if ('value' in header) return header
      secretHeaders.add(header.name.toLowerCase())
      return { name: header.name, value: this.sealer.unseal(header.sealed, `${scope}/header`) }
    })
    const signingKeys = subscription.secrets.map(({ sealed, validUntil }) => ({
      key: signingKeyOf(this.sealer.unseal(sealed, `${scope}/secret`)),
      validUntilMs: validUntil === null ? null : Date.parse(validUntil),
    }))
    return { headers, secretHeaders, signingKeys }
  }
}
