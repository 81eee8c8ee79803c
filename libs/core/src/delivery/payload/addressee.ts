import type { WorkerMode } from '@hooklane/contracts/public'
import type { AppConfiguration, DeliveryReason, SubscriptionConfiguration } from '@hooklane/contracts/records'

/** Whom a delivery is for, and why it is sent. */
export interface Addressee {
  /** A subscription that changes becomes a new object, so renderers may cache by object. */
  readonly subscription: Pick<SubscriptionConfiguration, 'id' | 'workflow'>
  readonly app: Pick<AppConfiguration, 'id' | 'type' | 'name'>
  /** The name is null while the company is not known. */
  readonly company: { readonly id: string; readonly name: string | null }
  readonly reason: DeliveryReason
  readonly worker: WorkerMode
}
