import { In, IsNull, LessThanOrEqual, type EntityManager } from 'typeorm'
import { SubscriptionSecretEntity } from '../entities/subscription-secret.entity.js'
import { SubscriptionEntity } from '../entities/subscription.entity.js'
import { pageByCreation, type CreationPosition, type Page, type PageRequest } from './page.js'

export interface SubscriptionFilter {
  readonly appId?: string | undefined
  readonly enabled?: boolean | undefined
  /** Whether the last thing known of one of its deliveries is a failure. */
  readonly failing?: boolean | undefined
}

/** A delivery waits for its next attempt; the index delivery_retrying holds just these. */
const FAILING = `EXISTS (
  SELECT FROM hooklane.delivery d
  WHERE d.subscription_id = subscription.id AND d.status = 'retrying')`

export class SubscriptionTable {
  constructor(private readonly manager: EntityManager) {}

  find(id: string): Promise<SubscriptionEntity | null> {
    return this.manager.findOneBy(SubscriptionEntity, { id })
  }

  /** Until the transaction ends nobody else changes it. */
  lock(id: string): Promise<SubscriptionEntity | null> {
    return this.manager.findOne(SubscriptionEntity, { where: { id }, lock: { mode: 'pessimistic_write' } })
  }

  page(
    filter: SubscriptionFilter,
    page: PageRequest<CreationPosition>,
  ): Promise<Page<SubscriptionEntity, CreationPosition>> {
    const query = this.manager.createQueryBuilder(SubscriptionEntity, 'subscription')
    if (filter.appId !== undefined) query.andWhere('subscription.appId = :appId', { appId: filter.appId })
    if (filter.enabled !== undefined) query.andWhere('subscription.enabled = :enabled', { enabled: filter.enabled })
    if (filter.failing !== undefined) query.andWhere(filter.failing ? FAILING : `NOT ${FAILING}`)
    return pageByCreation(query, page)
  }

  /** Those of the given subscriptions of which a delivery waits for its next attempt. */
  async failingAmong(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set()
    const rows = await this.manager
      .createQueryBuilder(SubscriptionEntity, 'subscription')
      .select('subscription.id', 'id')
      .where({ id: In(ids) })
      .andWhere(FAILING)
      .getRawMany<{ id: string }>()
    return new Set(rows.map((row) => row.id))
  }

  async insert(subscription: SubscriptionEntity): Promise<void> {
    await this.manager.insert(SubscriptionEntity, subscription)
  }

  async update(subscription: SubscriptionEntity): Promise<void> {
    await this.manager.update(SubscriptionEntity, { id: subscription.id }, subscription)
  }

  async delete(id: string): Promise<void> {
    await this.manager.delete(SubscriptionEntity, { id })
  }

  /** The secrets that sign at this instant, newest first. */
  secrets(subscriptionId: string, now: Date): Promise<SubscriptionSecretEntity[]> {
    return this.manager
      .createQueryBuilder(SubscriptionSecretEntity, 'secret')
      .where('secret.subscriptionId = :subscriptionId', { subscriptionId })
      .andWhere('(secret.validUntil IS NULL OR secret.validUntil > :now)', { now })
      .orderBy('secret.createdAt', 'DESC')
      .addOrderBy('secret.id')
      .getMany()
  }

  /**
   * The new secret is the current one; the one before signs beside it until `overlapEndsAt`, those before that as long as they would
   * have. What has ended is removed.
   */
  async replaceSecret(secret: SubscriptionSecretEntity, overlapEndsAt: Date): Promise<void> {
    const { subscriptionId, createdAt } = secret
    await this.manager.delete(SubscriptionSecretEntity, { subscriptionId, validUntil: LessThanOrEqual(createdAt) })
    await this.manager.update(
      SubscriptionSecretEntity,
      { subscriptionId, validUntil: IsNull() },
      { validUntil: overlapEndsAt },
    )
    await this.manager.insert(SubscriptionSecretEntity, secret)
  }
}
