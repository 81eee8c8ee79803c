import type { WorkerMode } from '@hooklane/contracts/public'
import type { AppConfiguration, DeliveryReason, SubscriptionConfiguration } from '@hooklane/contracts/records'
import { members } from './render-event.js'

/** Whom a delivery is for, and why it is sent. */
export interface AddressParts {
  readonly subscription: Pick<SubscriptionConfiguration, 'id' | 'workflow'>
  readonly app: Pick<AppConfiguration, 'id' | 'type' | 'name'>
  /** The name is null while the company is not known. */
  readonly company: { readonly id: string; readonly name: string | null }
  readonly reason: DeliveryReason
  readonly worker: WorkerMode
}

/**
 * What all deliveries of one subscription have in common, written once: whole members of the body as JSON text, without a comma at either
 * end.
 */
export interface RenderedAddress {
  /** `company`, `app`. */
  readonly recipient: string
  /** `workflow`. */
  readonly workflow: string
  /** The value of `order.stream`. */
  readonly stream: string
}

export function renderAddress({ subscription, app, company, reason, worker }: AddressParts): RenderedAddress {
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
