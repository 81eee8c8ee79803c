import type { SubscriptionConfiguration } from '@hooklane/contracts'
import { newId } from '@hooklane/core'
import type { SubscriptionEntity } from '@hooklane/postgres'
import type { IdentityForm } from './identity.form.js'

/** What never changes. */
export type StoredIdentity = Pick<SubscriptionEntity, 'id' | 'companyId' | 'appId'>
export type StoredName = Pick<SubscriptionEntity, 'name'>

export const newIdentity = (companyId: string, { appId }: Pick<IdentityForm, 'appId'>): StoredIdentity => ({
  id: newId('sub'),
  companyId,
  appId,
})

/** @param before null: the subscription is new, and has the name `byDefault` unless another one is written */
export const storedName = (
  { name }: Pick<IdentityForm, 'name'>,
  before: StoredName | null,
  byDefault: string,
): StoredName => ({ name: name ?? before?.name ?? byDefault })

export const identityConfiguration = ({
  id,
  companyId,
  appId,
  name,
}: StoredIdentity & StoredName): Pick<SubscriptionConfiguration, 'id' | 'companyId' | 'appId' | 'name'> => ({
  id,
  companyId,
  appId,
  name,
})
