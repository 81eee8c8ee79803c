import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import {
  createSecretScrubber,
  isCredentialHeader,
  sealingScope,
  secretTextsOf,
  shownUrl,
  type Sealer,
  type SecretScrubber,
} from '@hooklane/core/access'
import { signingKeyOf, type SigningKey } from '@hooklane/core/delivery'

/** What a request to a subscription needs beside the body, its secrets opened, and what may be written of it. */
export interface SubscriptionAccess {
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** Names, as in `headers`, of those whose values stay hidden in the log. */
  readonly hiddenHeaders: readonly string[]
  /** The target as the log may show it. */
  readonly shownUrl: string
  /** Takes all secrets of the subscription out of what the receiver answered. */
  readonly scrubber: SecretScrubber
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

  private open({ companyId, id, target, secrets }: SubscriptionConfiguration): SubscriptionAccess {
    const owner = { companyId, subscriptionId: id }
    const url =
      typeof target.url === 'string' ? target.url : this.sealer.unseal(target.url.sealed, sealingScope(owner, 'url'))
    const headers = target.headers.map((header) => {
      if ('value' in header) return { ...header, isSecret: isCredentialHeader(header.name, header.value) }
      return {
        name: header.name,
        value: this.sealer.unseal(header.sealed, sealingScope(owner, 'header')),
        isSecret: true,
      }
    })
    const signing = secrets.map(({ sealed, validUntil }) => ({
      secret: this.sealer.unseal(sealed, sealingScope(owner, 'secret')),
      validUntilMs: validUntil === null ? null : Date.parse(validUntil),
    }))
    const signingKeys = signing.map(({ secret, validUntilMs }) => ({ key: signingKeyOf(secret), validUntilMs }))
    const signingSecrets = signing.map(({ secret }) => secret)
    const scrubber = createSecretScrubber(secretTextsOf({ url, headers, signingSecrets }))
    const isHidden = ({ isSecret, value }: (typeof headers)[number]): boolean =>
      isSecret || scrubber.scrub(value) !== value
    const hiddenHeaders = headers.filter(isHidden).map(({ name }) => name)
    return { url, headers, hiddenHeaders, shownUrl: shownUrl(url), scrubber, signingKeys }
  }
}
