import { SubscriptionEntity, type SubscriptionSecretEntity } from '@hooklane/postgres/tenancy'
import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { deliveryPolicyConfiguration, storedDeliveryPolicy } from './delivery-policy/delivery-policy.stored.js'
import { eventsConfiguration, storedEvents } from './events/events.stored.js'
import { externalIdConfiguration, storedExternalId } from './external-id/external-id.stored.js'
import { identityConfiguration, newIdentity, storedName, type StoredIdentity } from './identity/identity.stored.js'
import { payloadConfiguration } from './payload/payload.stored.js'
import { secretsConfiguration } from './secrets/secrets.stored.js'
import { statusConfiguration, storedStatus } from './status/status.stored.js'
import type { PatchSubscription, WriteSubscription } from './subscription.form.js'
import { storedTarget, targetConfiguration, type TargetRules } from './target/target.stored.js'
import { storedWorkflow, workflowConfiguration } from './workflow/workflow.stored.js'

type Version = Pick<SubscriptionEntity, 'revision' | 'createdAt' | 'updatedAt'>
/** The columns that the facets fill (a facet is a folder beside this file). A column that no facet fills is a type error. */
type StoredFacets = Omit<SubscriptionEntity, keyof StoredIdentity | keyof Version>

/** The values that are needed to save a subscription, besides the fields of the request. */
export interface SavingContext {
  readonly rules: TargetRules
  readonly now: Date
}

/** @throws Problem 400, 422 */
export function newSubscription(
  companyId: string,
  written: WriteSubscription,
  context: SavingContext,
): SubscriptionEntity {
  const { now } = context
  const identity = newIdentity(companyId, written)
  return Object.assign(new SubscriptionEntity(), {
    ...identity,
    ...storedFacets(written, { ...context, identity, before: null }),
    revision: 1,
    createdAt: now,
    updatedAt: now,
  } satisfies SubscriptionEntity)
}

/** Changes the fields that the request contains; other fields stay as they are. @throws Problem 400, 422 */
export function changeSubscription(
  subscription: SubscriptionEntity,
  written: PatchSubscription,
  context: SavingContext,
): void {
  Object.assign(subscription, storedFacets(written, { ...context, identity: subscription, before: subscription }))
}

interface FacetContext extends SavingContext {
  readonly identity: StoredIdentity
  /** Null: the subscription is new. */
  readonly before: SubscriptionEntity | null
}

/** Order matters: the first facet that throws determines which error the caller gets. */
function storedFacets(written: PatchSubscription, { identity, before, rules, now }: FacetContext): StoredFacets {
  const events = storedEvents(written, before)
  const names = storedName(written, before, events.events.join(', ').slice(0, 200))
  const { companyId, id: subscriptionId } = identity
  return {
    ...events,
    ...names,
    ...storedExternalId(written, before),
    ...storedWorkflow(written, before, names.name),
    ...storedDeliveryPolicy(written, before),
    ...storedTarget(written, before, { rules, owner: { companyId, subscriptionId } }),
    ...storedStatus(written, before, now),
  }
}

/** The subscription as it is published to the delivery path. @param secrets newest first */
export const subscriptionConfiguration = (
  row: SubscriptionEntity,
  secrets: readonly SubscriptionSecretEntity[],
): SubscriptionConfiguration => ({
  ...identityConfiguration(row),
  ...externalIdConfiguration(row),
  ...statusConfiguration(row),
  ...targetConfiguration(row),
  ...eventsConfiguration(row),
  ...workflowConfiguration(row),
  ...payloadConfiguration(),
  ...deliveryPolicyConfiguration(row),
  ...secretsConfiguration(secrets),
})
