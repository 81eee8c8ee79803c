import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import type { ExternalIdForm } from './external-id.form.js'

export type StoredExternalId = Pick<SubscriptionEntity, 'externalId'>

/** @param before null: the subscription is new */
export const storedExternalId = (
  { externalId }: ExternalIdForm,
  before: StoredExternalId | null,
): StoredExternalId => ({ externalId: externalId === undefined ? (before?.externalId ?? null) : externalId })

export const externalIdConfiguration = ({
  externalId,
}: StoredExternalId): Pick<SubscriptionConfiguration, 'externalId'> => ({ externalId })
