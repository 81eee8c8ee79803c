import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { renderAddress, type AddressParts, type RenderedAddress } from '@hooklane/core/delivery'

type Parts = AddressParts & { readonly subscription: SubscriptionConfiguration }

interface Known {
  readonly parts: Parts
  readonly address: RenderedAddress
}

/** Writes the part of the body that all deliveries of a subscription share once per version of what it is made of. */
export class RenderedAddresses {
  /** A changed subscription is another object. */
  private readonly known = new WeakMap<SubscriptionConfiguration, Known>()

  of(parts: Parts): RenderedAddress {
    const known = this.known.get(parts.subscription)
    if (known && isSame(known.parts, parts)) return known.address
    const address = renderAddress(parts)
    this.known.set(parts.subscription, { parts, address })
    return address
  }
}

const isSame = (one: Parts, other: Parts): boolean =>
  one.app === other.app &&
  one.company.id === other.company.id &&
  one.company.name === other.company.name &&
  one.reason === other.reason &&
  one.worker === other.worker
