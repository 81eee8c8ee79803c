import type { EntityRef, OwnEventName } from '@hooklane/contracts/public'

/** As the contracts list them: the compiler finds one that is missing here, or too many. */
const OWN_EVENT_TYPES: Readonly<Record<OwnEventName, true>> = { 'resync.required': true }

/** Whether an event says what happened to the stream: every enabled subscription of its company gets it, whatever its `events`. */
export const isOwnEventType = (type: string): boolean => Object.hasOwn(OWN_EVENT_TYPES, type)

/** What an event of an own type is about, in the delivery to a subscription. */
export const subscriptionEntity = (subscriptionId: string): EntityRef => ({
  type: 'subscription',
  id: subscriptionId,
  key: null,
  url: null,
})
