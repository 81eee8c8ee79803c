/** Event types and patterns of one subscription. Too low: more subscriptions per receiver. Too high: routing compares each event with all. */
export const MAX_EVENTS = 100
/** Characters of an event type, or of a pattern. */
export const MAX_EVENT_TYPE_LENGTH = 128

/** `failing`: enabled, and its newest delivery waits for another attempt after a failure. */
export const SUBSCRIPTION_STATUSES = ['active', 'failing', 'disabled'] as const
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number]

/** Who disabled a subscription: a caller, too many failures, a receiver that is gone. */
export const DISABLED_REASONS = ['user', 'failures', 'gone'] as const
export type DisabledReason = (typeof DISABLED_REASONS)[number]

/** An event type (`products.updated`), all of a resource (`products.*`), or all there are (`*`). */
export const EVENT_PATTERN = /^(\*|[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*\.(\*|[a-zA-Z0-9_]+))$/
