import type { Addressee } from '../addressee.js'
import { members } from './members.js'

/**
 * The parts of the body that all deliveries of one subscription share, as JSON text that is written once. `recipient` and `workflow` are
 * whole members, without a comma at either end.
 */
export interface AddresseeText {
  /** The members `company` and `app`. */
  readonly recipient: string
  /** The member `workflow`. */
  readonly workflow: string
  /** The value of `order.stream`. */
  readonly stream: string
}

/** Caches the text for each subscription, and writes it again only when the addressee changes. */
export class AddresseeTexts {
  private readonly known = new WeakMap<
    Addressee['subscription'],
    { readonly address: Addressee; readonly text: AddresseeText }
  >()

  of(address: Addressee): AddresseeText {
    const known = this.known.get(address.subscription)
    if (known && isSame(known.address, address)) return known.text
    const text = addresseeText(address)
    this.known.set(address.subscription, { address, text })
    return text
  }
}

const isSame = (one: Addressee, other: Addressee): boolean =>
  one.app === other.app &&
  one.company.id === other.company.id &&
  one.company.name === other.company.name &&
  one.reason === other.reason &&
  one.worker === other.worker

function addresseeText({ subscription, app, company, reason, worker }: Addressee): AddresseeText {
  const { id, name } = subscription.workflow
  return {
    recipient: members({
      company: { id: company.id, name: company.name },
      app: { id: app.id, type: app.type, name: app.name },
    }),
    workflow: members({ workflow: { id, name, subscriptionId: subscription.id, reason, worker } }),
    stream: JSON.stringify(app.id),
  }
}
