import { In, IsNull, LessThanOrEqual, type EntityManager } from 'typeorm'
import { SubscriptionSecretEntity } from '../entities/subscription-secret.entity.js'
import { SubscriptionEntity } from '../entities/subscription.entity.js'
import { pageByCreation, type CreationCursor, type Page, type PageRequest } from './page.js'

export interface SubscriptionFilter {
  readonly appId?: string | undefined
  readonly enabled?: boolean | undefined
  /** Whether one of its deliveries waits for its next attempt after a failure. */
  readonly failing?: boolean | undefined
}

/** A delivery of the subscription waits for its next attempt. The index delivery_retrying contains exactly the deliveries that wait. */
const FAILING = `EXISTS (
  SELECT FROM hooklane.delivery d
  WHERE d.subscription_id = subscription.id AND d.status = 'retrying')`

export class SubscriptionTable {
  constructor(private readonly manager: EntityManager) {}

  find(id: string): Promise<SubscriptionEntity | null> {
    return this.manager.findOneBy(SubscriptionEntity, { id })
  }

  /** Reads the subscription and locks it until the transaction ends. */
  lock(id: string): Promise<SubscriptionEntity | null> {
    return this.manager.findOne(SubscriptionEntity, { where: { id }, lock: { mode: 'pessimistic_write' } })
  }

  page(
    filter: SubscriptionFilter,
    page: PageRequest<CreationCursor>,
  ): Promise<Page<SubscriptionEntity, CreationCursor>> {
    const query = this.manager.createQueryBuilder(SubscriptionEntity, 'subscription')
    if (filter.appId !== undefined) query.andWhere('subscription.appId = :appId', { appId: filter.appId })
    if (filter.enabled !== undefined) query.andWhere('subscription.enabled = :enabled', { enabled: filter.enabled })
    if (filter.failing !== undefined) query.andWhere(filter.failing ? FAILING : `NOT ${FAILING}`)
    return pageByCreation(query, page)
  }

  /** Returns the ids, among those given, of subscriptions with a delivery that waits for its next attempt. */
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

  /** The secrets that are valid at this instant, newest first. */
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
   * Makes `secret` the current secret. The previous one stays valid until `overlapEndsAt`; older ones keep their end. Expired secrets are
   * removed.
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
