import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { SubscriptionSecretEntity } from '@hooklane/postgres/tenancy'
import { maybeInstantOf } from '../../http/instants.js'

/** @param secrets newest first */
export const secretsConfiguration = (
  secrets: readonly SubscriptionSecretEntity[],
): Pick<SubscriptionConfiguration, 'secrets'> => ({
  secrets: secrets.map(({ sealed, validUntil }) => ({ sealed, validUntil: maybeInstantOf(validUntil) })),
})
