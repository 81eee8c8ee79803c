import type { Skipped } from '@hooklane/contracts/public'
import type { Gap } from '../../../lane/protocol.js'
import type { Addressee } from '../addressee.js'
import type { DeliveredEvent, DeliveryPlace, Payload, PayloadRenderer } from '../payload-renderer.js'
import { AddresseeTexts } from './addressee-text.js'
import { eventText, type EventText } from './event-text.js'

/** Renders the envelope as JSON. Members have the order of the API reference. A member whose value is not known is null. */
export class JsonPayloadRenderer implements PayloadRenderer {
  private readonly events = new WeakMap<DeliveredEvent, EventText>()
  private readonly addresses = new AddresseeTexts()

  /** @param publicBaseUrl base of `event.schema`; a slash at its end is not doubled */
  constructor(private readonly publicBaseUrl: string) {}

  render(event: DeliveredEvent, address: Addressee, { deliveryId, order, previous, skipped }: DeliveryPlace): Payload {
    const { opening, description, subject, content } = this.textOf(event)
    const { recipient, workflow, stream } = this.addresses.of(address)
    const gaps = skipped.length === 0 ? '[]' : JSON.stringify(skipped.map(skippedOf))
    const place = `"stream":${stream},"epoch":${order.epoch},"sequence":${order.sequence},"previous":${previous},"skipped":${gaps}`
    const id = JSON.stringify(deliveryId)
    const text = `{"id":${id},${opening},${recipient},${description},${workflow},${subject},"order":{${place}},${content}}`
    return { contentType: 'application/json', body: Buffer.from(text, 'utf8') }
  }

  private textOf(event: DeliveredEvent): EventText {
    const known = this.events.get(event)
    if (known) return known
    const text = eventText(event, this.publicBaseUrl)
    this.events.set(event, text)
    return text
  }
}

function skippedOf(gap: Gap): Skipped {
  const { status, reason } = gap
  const sequence = Number(gap.sequence)
  return gap.to === undefined
    ? { sequence, id: gap.id, status, reason }
    : { sequence, to: Number(gap.to), status, reason }
}
