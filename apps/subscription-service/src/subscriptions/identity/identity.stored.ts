import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { newId } from '@hooklane/core/kernel'
import type { SubscriptionEntity } from '@hooklane/postgres'
import type { IdentityForm } from './identity.form.js'

/** Columns that never change. */
export type StoredIdentity = Pick<SubscriptionEntity, 'id' | 'companyId' | 'appId'>
export type StoredNames = Pick<SubscriptionEntity, 'name'>

export const newIdentity = (companyId: string, { appId }: Pick<IdentityForm, 'appId'>): StoredIdentity => ({
  id: newId('sub'),
  companyId,
  appId,
})

/** @param before null: the subscription is new, and is named `byDefault` unless a name is written */
export const storedNames = (
  { name }: Omit<IdentityForm, 'appId'>,
  before: StoredNames | null,
  byDefault: string,
): StoredNames => ({ name: name ?? before?.name ?? byDefault })

export const identityConfiguration = ({
  id,
  companyId,
  appId,
  name,
}: StoredIdentity & Pick<StoredNames, 'name'>): Pick<
  SubscriptionConfiguration,
  'id' | 'companyId' | 'appId' | 'name'
> => ({
  id,
  companyId,
  appId,
  name,
})
