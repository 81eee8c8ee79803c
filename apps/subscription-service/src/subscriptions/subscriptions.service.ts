import type { Sealer } from '@hooklane/core/secrets'
import type { AllowedTargets } from '@hooklane/core/delivery'
import { TenantDatabase, type SubscriptionEntity, type Tables } from '@hooklane/postgres/tenancy'
import { Injectable } from '@nestjs/common'
import type { Caller } from '../access/caller.js'
import { refusingConflicts, type Conflicts } from '../http/conflicts.js'
import { requireMatch, type Preconditions } from '../http/etag.js'
import { notFound } from '../http/problem.js'
import type { InTransaction } from '../idempotency/idempotent-requests.js'
import { unknownEventTypes, type WarningView } from './events/unknown-event-types.js'
import { createSigningSecret, ROTATION_OVERLAP_MS } from './secrets/signing-secret.js'
import { storedStatus } from './status/status.stored.js'
import type { PatchSubscription, WriteSubscription } from './subscription.form.js'
import { changeSubscription, newSubscription, subscriptionConfiguration } from './subscription.stored.js'
import type { TargetRules } from './target/target.stored.js'

/** The settings of this installation that saving a subscription depends on. */
export class SubscriptionRules implements TargetRules {
  constructor(
    readonly sealer: Sealer,
    readonly allowTargets: AllowedTargets,
    readonly headerPrefix: string,
  ) {}
}

export interface SavedSubscription {
  readonly subscription: SubscriptionEntity
  readonly isFailing: boolean
  readonly warnings: WarningView[]
}

export interface CreatedSubscription extends SavedSubscription {
  /** The signing secret in plain text. It is never shown again. */
  readonly secret: string
}

export interface RotatedSecret {
  readonly subscription: SubscriptionEntity
  readonly secret: string
  readonly previousValidUntil: Date
}

/** A requested change: the caller, the subscription, the version the caller knows, and the transaction to use. */
export interface Change<Result> {
  readonly caller: Caller
  readonly id: string
  readonly preconditions: Preconditions
  readonly transaction: InTransaction<Result>
}

const CONFLICTS: Conflicts = {
  subscription_company_id_external_id_key: {
    path: 'externalId',
    code: 'EXTERNAL_ID_TAKEN',
    message: 'another subscription of the company has this externalId',
  },
}

/** Saves subscriptions. The subscription, its secrets and its configuration row change in one transaction. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly rules: SubscriptionRules,
  ) {}

  async create(
    caller: Caller,
    body: WriteSubscription,
    transaction: InTransaction<CreatedSubscription>,
  ): Promise<CreatedSubscription> {
    const now = new Date()
    const subscription = newSubscription(caller.requireCompany(), body, { rules: this.rules, now })
    const { companyId, id: subscriptionId } = subscription
    const secret = createSigningSecret({ companyId, subscriptionId }, this.rules.sealer, now)
    return refusingConflicts(CONFLICTS, () =>
      transaction(caller.scope, async (tables) => {
        if (!(await tables.apps.lock(body.appId))) throw notFound('app')
        await tables.apps.markRouted(body.appId)
        await tables.subscriptions.insert(subscription)
        await tables.subscriptions.replaceSecret(secret.row, now)
        const saved = await this.saveConfiguration(tables, subscription, now)
        return { ...saved, secret: secret.text }
      }),
    )
  }

  async patch(
    caller: Caller,
    id: string,
    request: { readonly body: PatchSubscription } & Preconditions,
  ): Promise<SavedSubscription> {
    const { body } = request
    const transaction: InTransaction<SavedSubscription> = (scope, work) => this.database.transaction(scope, work)
    return this.change({ caller, id, preconditions: request, transaction }, (subscription, now) =>
      changeSubscription(subscription, body, { rules: this.rules, now }),
    )
  }

  async setEnabled(change: Change<SavedSubscription>, enabled: boolean): Promise<SavedSubscription> {
    return this.change(change, (subscription, now) =>
      Object.assign(subscription, storedStatus({ enabled }, subscription, now)),
    )
  }

  /** For `ROTATION_OVERLAP_MS`, requests are signed with both the previous secret and the new one. */
  async rotateSecret({ caller, id, preconditions, transaction }: Change<RotatedSecret>): Promise<RotatedSecret> {
    const now = new Date()
    const previousValidUntil = new Date(now.getTime() + ROTATION_OVERLAP_MS)
    return transaction(caller.scope, async (tables) => {
      const subscription = await lockFor(tables, id, preconditions)
      const owner = { companyId: subscription.companyId, subscriptionId: id }
      const { row, text } = createSigningSecret(owner, this.rules.sealer, now)
      await tables.subscriptions.replaceSecret(row, previousValidUntil)
      touch(subscription, now)
      await tables.subscriptions.update(subscription)
      await this.saveConfiguration(tables, subscription, now)
      return { subscription, secret: text, previousValidUntil }
    })
  }

  async delete(caller: Caller, id: string, preconditions: Preconditions): Promise<void> {
    await this.database.transaction(caller.scope, async (tables) => {
      await lockFor(tables, id, preconditions)
      await tables.configuration.removeSubscription(id)
      await tables.subscriptions.delete(id)
    })
  }

  private async change(
    { caller, id, preconditions, transaction }: Change<SavedSubscription>,
    edit: (subscription: SubscriptionEntity, now: Date) => void,
  ): Promise<SavedSubscription> {
    const now = new Date()
    return refusingConflicts(CONFLICTS, () =>
      transaction(caller.scope, async (tables) => {
        const subscription = await lockFor(tables, id, preconditions)
        edit(subscription, now)
        touch(subscription, now)
        await tables.subscriptions.update(subscription)
        return this.saveConfiguration(tables, subscription, now)
      }),
    )
  }

  /** Writes the configuration row for the delivery path. Returns the subscription with the other values that the response shows. */
  private async saveConfiguration(
    tables: Tables,
    subscription: SubscriptionEntity,
    now: Date,
  ): Promise<SavedSubscription> {
    const { id, events } = subscription
    const secrets = await tables.subscriptions.secrets(id, now)
    await tables.configuration.put('subscription', id, subscriptionConfiguration(subscription, secrets))
    const failing = await tables.subscriptions.failingAmong([id])
    const warnings = unknownEventTypes(events, await tables.eventTypes.names())
    return { subscription, isFailing: failing.has(id), warnings }
  }
}

/** Locks the subscription until the transaction ends. @throws Problem 404, 412 */
async function lockFor(tables: Tables, id: string, preconditions: Preconditions): Promise<SubscriptionEntity> {
  const subscription = await tables.subscriptions.lock(id)
  if (!subscription) throw notFound('subscription')
  requireMatch(preconditions, subscription)
  return subscription
}

function touch(subscription: SubscriptionEntity, now: Date): void {
  subscription.revision++
  subscription.updatedAt = now
}
