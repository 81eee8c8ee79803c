import type { EntityEvent } from '@hooklane/contracts/public'
import type { AppConfiguration, SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { VersionedSubscription } from '../configuration/configuration-record.js'
import { isOwnEventType } from './own-event-types.js'
import type { RoutingView } from './routing-view.js'

/** One subscription that wants an event. */
export interface SubscriptionMatch {
  readonly subscription: SubscriptionConfiguration
  readonly subscriptionVersion: bigint
  readonly app: AppConfiguration
}

/**
 * Returns the subscriptions that get an event: those of its company for which all of this holds.
 *
 * - The subscription and its app are enabled.
 * - Its `events` name the event's type: exactly, by `products.*` (every type that begins with `products.`) or by `*`. This is not required
 *   for Hooklane's own event types.
 * - The event has no `subscriptionId`, or that of this subscription.
 *
 * Ordered by subscription id, so that a batch that is routed again gives the same numbers to the same deliveries.
 */
export function matchSubscriptions(event: EntityEvent, view: RoutingView): SubscriptionMatch[] {
  const matches: SubscriptionMatch[] = []
  const isForAll = isOwnEventType(event.type)
  for (const { value, version } of candidates(event, view)) {
    if (!value.enabled || value.companyId !== event.companyId) continue
    if (!isForAll && !value.events.some((pattern) => eventTypeMatches(pattern, event.type))) continue
    const app = view.app(value.appId)
    // An app of another company is a fault in the configuration: it must never see this company's data.
    if (!app?.enabled || app.companyId !== event.companyId) continue
    matches.push({ subscription: value, subscriptionVersion: version, app })
  }
  return matches.sort((a, b) =>
    a.subscription.id < b.subscription.id ? -1 : a.subscription.id > b.subscription.id ? 1 : 0,
  )
}

function candidates(event: EntityEvent, view: RoutingView): readonly VersionedSubscription[] {
  if (!event.subscriptionId) return view.subscriptionsOfCompany(event.companyId)
  const addressed = view.subscription(event.subscriptionId)
  return addressed ? [addressed] : []
}

/** Whether a pattern of a subscription (`products.updated`, `products.*`, `*`) names the event type. */
export function eventTypeMatches(pattern: string, eventType: string): boolean {
  if (pattern === '*' || pattern === eventType) return true
  return pattern.endsWith('.*') && eventType.startsWith(pattern.slice(0, -1))
}
