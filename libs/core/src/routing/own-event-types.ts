import type { EntityRef, OwnEventName } from '@hooklane/contracts/public'

/** The types that the contracts list: this does not compile when one is missing or too many. */
const OWN_EVENT_TYPES: Readonly<Record<OwnEventName, true>> = { 'resync.required': true }

/**
 * Whether an event is about the stream itself. Every enabled subscription of its company gets it, whatever the subscription's `events` are.
 */
export const isOwnEventType = (type: string): boolean => Object.hasOwn(OWN_EVENT_TYPES, type)

/** The `entity` of an event of an own type, in the delivery to a subscription: that subscription. */
export const subscriptionEntity = (subscriptionId: string): EntityRef => ({
  type: 'subscription',
  id: subscriptionId,
  key: null,
  url: null,
})
