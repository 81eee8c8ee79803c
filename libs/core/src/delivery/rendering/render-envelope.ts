import type { Skipped } from '@hooklane/contracts/public'
import type { DeliveryRecord } from '@hooklane/contracts/records'
import type { Gap } from '../../lane/protocol.js'
import type { RenderedAddress } from './render-address.js'
import type { RenderedEvent } from './render-event.js'

/** Everything the body is made of. Nothing of an attempt (its number, the lag) is part of it, so all attempts send the same body. */
export interface EnvelopeParts {
  readonly event: RenderedEvent
  readonly address: RenderedAddress
  readonly order: DeliveryRecord['order']
  /** `webhook-id`. */
  readonly deliveryId: string
  /** The sequence before the run of skipped ones, `sequence − 1` without one. */
  readonly previous: bigint
  readonly skipped: readonly Gap[]
}

/**
 * The body of the request: the same parts always give the same bytes. Members stand in the order of the reference; members that are not
 * known are null.
 */
export function renderEnvelope({ event, address, order, deliveryId, previous, skipped }: EnvelopeParts): Buffer {
  const { opening, subject, content } = event
  const { recipient, workflow, stream } = address
  const gaps = skipped.length === 0 ? '[]' : JSON.stringify(skipped.map(skippedOf))
  const place = `"stream":${stream},"epoch":${order.epoch},"sequence":${order.sequence},"previous":${previous},"skipped":${gaps}`
  const id = JSON.stringify(deliveryId)
  const text = `{"id":${id},${opening},${recipient},${event.event},${workflow},${subject},"order":{${place}},${content}}`
  return Buffer.from(text, 'utf8')
}

function skippedOf(gap: Gap): Skipped {
  const { status, reason } = gap
  const sequence = Number(gap.sequence)
  return gap.to === undefined
    ? { sequence, id: gap.id, status, reason }
    : { sequence, to: Number(gap.to), status, reason }
}
