import type {
  AppConfiguration,
  DeliveryReason,
  DeliveryRecord,
  Skipped,
  SubscriptionConfiguration,
  WorkerMode,
} from '@hooklane/contracts'
import type { Gap } from '../lane/protocol.js'
import { members, type RenderedEvent } from './render-event.js'

/** Everything the body is made of. Nothing of an attempt (its number, the lag) is among it. */
export interface EnvelopeParts {
  readonly event: RenderedEvent
  readonly order: DeliveryRecord['order']
  readonly subscription: Pick<SubscriptionConfiguration, 'id' | 'workflow'>
  readonly app: Pick<AppConfiguration, 'id' | 'type' | 'name'>
  /** The name is null while the company is not known. */
  readonly company: { readonly id: string; readonly name: string | null }
  /** `webhook-id`. */
  readonly deliveryId: string
  /** The sequence before the run of skipped ones, `sequence − 1` without one. */
  readonly previous: bigint
  readonly skipped: readonly Gap[]
  readonly reason: DeliveryReason
  readonly worker: WorkerMode
}

/**
 * The body of the request: the same parts always give the same bytes. Members stand in the order of the reference; members that are not known
 * are null.
 */
export function renderEnvelope(parts: EnvelopeParts): Buffer {
  const { event, order, subscription, app, company, deliveryId } = parts
  const { id, name } = subscription.workflow
  const recipient = members({
    company: { id: company.id, name: company.name },
    app: { id: app.id, type: app.type, name: app.name },
  })
  const workflow = members({
    workflow: { id, name, subscriptionId: subscription.id, reason: parts.reason, worker: parts.worker },
  })
  const place = members({
    order: {
      stream: app.id,
      epoch: order.epoch,
      sequence: order.sequence,
      previous: Number(parts.previous),
      skipped: parts.skipped.map(skippedOf),
    },
  })
  const { opening, subject, content } = event
  const text = `{${members({ id: deliveryId })},${opening},${recipient},${event.event},${workflow},${subject},${place},${content}}`
  return Buffer.from(text, 'utf8')
}

function skippedOf(gap: Gap): Skipped {
  const { status, reason } = gap
  const sequence = Number(gap.sequence)
  return gap.to === undefined
    ? { sequence, id: gap.id, status, reason }
    : { sequence, to: Number(gap.to), status, reason }
}
