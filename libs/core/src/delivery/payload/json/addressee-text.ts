import type { Addressee } from '../addressee.js'
import { members } from './members.js'

/**
 * What all deliveries of one subscription have in common, written once: whole members of the body as JSON text, without a comma at either
 * end.
 */
export interface AddresseeText {
  /** `company`, `app`. */
  readonly recipient: string
  /** `workflow`. */
  readonly workflow: string
  /** The value of `order.stream`. */
  readonly stream: string
}

/** Writes the text of an address again only when one of its inputs changes. */
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
