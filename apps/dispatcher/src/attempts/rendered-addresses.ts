import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { renderAddress, type AddressParts, type RenderedAddress } from '@hooklane/core/delivery'

type Parts = AddressParts & { readonly subscription: SubscriptionConfiguration }

interface Known {
  readonly parts: Parts
  readonly address: RenderedAddress
}

/** Caches the part of the body that all deliveries of a subscription share. It is rendered again only when one of its inputs changes. */
export class RenderedAddresses {
  /** By subscription; a changed subscription is a new object. */
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
