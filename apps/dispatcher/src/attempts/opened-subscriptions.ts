import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import {
  createSecretScrubber,
  isCredentialHeader,
  sealingScope,
  secretTextsOf,
  shownUrl,
  type Sealer,
  type SecretScrubber,
} from '@hooklane/core/secrets'
import { signingKeyOf, type SigningKey } from '@hooklane/core/delivery'

/** A subscription with its secrets opened: everything that a request needs besides the body, and what the log may show of the request. */
export interface OpenedSubscription {
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** Names of the headers whose values are hidden in the log, spelled as in `headers`. */
  readonly hiddenHeaders: readonly string[]
  /** The target as the log may show it. */
  readonly shownUrl: string
  /** Removes all secrets of the subscription from the receiver's answer. */
  readonly scrubber: SecretScrubber
  readonly signingKeys: readonly { readonly key: SigningKey; readonly validUntilMs: number | null }[]
}

/** Unseals and masks once per version of a subscription: doing either for each delivery would cost more than signing. */
export class OpenedSubscriptions {
  private readonly opened = new WeakMap<SubscriptionConfiguration, OpenedSubscription>()

  constructor(private readonly sealer: Sealer) {}

  /**
   * The lane must wait after either error: the receiver is not to blame.
   *
   * @throws CannotUnseal our key is missing, or the sealed text was tampered with
   * @throws InvalidSigningSecret the unsealed text is not a signing secret
   */
  of(subscription: SubscriptionConfiguration): OpenedSubscription {
    let access = this.opened.get(subscription)
    if (!access) {
      access = this.open(subscription)
      this.opened.set(subscription, access)
    }
    return access
  }

  private open({ companyId, id, target, secrets }: SubscriptionConfiguration): OpenedSubscription {
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
