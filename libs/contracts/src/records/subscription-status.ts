/** `failing`: enabled, and a delivery waits for its next attempt after a failure. */
export const SUBSCRIPTION_STATUSES = ['active', 'failing', 'disabled'] as const
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number]

/** Who disabled a subscription: a caller, too many failures, a receiver that is gone. */
export const DISABLED_REASONS = ['user', 'failures', 'gone'] as const
export type DisabledReason = (typeof DISABLED_REASONS)[number]
