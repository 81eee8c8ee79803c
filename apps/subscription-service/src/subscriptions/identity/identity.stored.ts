import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { newId } from '@hooklane/core/kernel'
import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import type { IdentityForm } from './identity.form.js'

/** Columns that never change. */
export type StoredIdentity = Pick<SubscriptionEntity, 'id' | 'companyId' | 'appId'>
export type StoredName = Pick<SubscriptionEntity, 'name'>

export const newIdentity = (companyId: string, { appId }: Pick<IdentityForm, 'appId'>): StoredIdentity => ({
  id: newId('sub'),
  companyId,
  appId,
})

/** @param before null: the subscription is new, and its name is `defaultName` if none is written */
export const storedName = (
  { name }: Omit<IdentityForm, 'appId'>,
  before: StoredName | null,
  defaultName: string,
): StoredName => ({ name: name ?? before?.name ?? defaultName })

export const identityConfiguration = ({
  id,
  companyId,
  appId,
  name,
}: StoredIdentity & Pick<StoredName, 'name'>): Pick<
  SubscriptionConfiguration,
  'id' | 'companyId' | 'appId' | 'name'
> => ({
  id,
  companyId,
  appId,
  name,
})
