import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import type { StatusForm } from './status.form.js'

/** Whether the subscription is enabled; if not, since when and why. */
export type StoredStatus = Pick<
  SubscriptionEntity,
  'enabled' | 'disabledReason' | 'disabledAt' | 'disabledFailures' | 'disabledError'
>

const ENABLED: StoredStatus = {
  enabled: true,
  disabledReason: null,
  disabledAt: null,
  disabledFailures: 0,
  disabledError: null,
}

/** Disabling a disabled subscription keeps its reason. @param before null: the subscription is new */
export function storedStatus({ enabled }: StatusForm, before: StoredStatus | null, now: Date): StoredStatus {
  const { enabled: wasEnabled, disabledReason, disabledAt, disabledFailures, disabledError } = before ?? ENABLED
  if (enabled === undefined || enabled === wasEnabled)
    return { enabled: wasEnabled, disabledReason, disabledAt, disabledFailures, disabledError }
  return enabled ? ENABLED : { ...ENABLED, enabled: false, disabledReason: 'user', disabledAt: now }
}

export const statusConfiguration = ({ enabled }: StoredStatus): Pick<SubscriptionConfiguration, 'enabled'> => ({
  enabled,
})
