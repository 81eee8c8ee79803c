import type { EntityRef, OwnEventName } from '@hooklane/contracts/public'

/** Hooklane's own event types, as the contracts list them. If a type is missing here, or is not in the contracts, this does not compile. */
const OWN_EVENT_TYPES: Readonly<Record<OwnEventName, true>> = { 'resync.required': true }

/**
 * Whether an event is one of Hooklane's own, which are about the stream itself. Every enabled subscription of its company gets it, whatever
 * the subscription's `events` are.
 */
export const isOwnEventType = (type: string): boolean => Object.hasOwn(OWN_EVENT_TYPES, type)

/** The `entity` in a delivery of one of Hooklane's own events: the subscription that gets the delivery. */
export const subscriptionEntity = (subscriptionId: string): EntityRef => ({
  type: 'subscription',
  id: subscriptionId,
  key: null,
  url: null,
})
