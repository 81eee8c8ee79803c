/** `failing`: the subscription is enabled, and one of its deliveries waits for the next attempt after a failure. */
export const SUBSCRIPTION_STATUSES = ['active', 'failing', 'disabled'] as const
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number]

/** Why a subscription is disabled: by a caller, after too many failures, or because the receiver is gone. */
export const DISABLED_REASONS = ['user', 'failures', 'gone'] as const
export type DisabledReason = (typeof DISABLED_REASONS)[number]
