import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity('subscription_secret')
export class SubscriptionSecretEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text', name: 'company_id' })
  companyId!: string

  @Column({ type: 'text', name: 'subscription_id' })
  subscriptionId!: string

  @Column({ type: 'text' })
  sealed!: string

  @Column({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date

  /** Null: the current secret. */
  @Column({ type: 'timestamptz', name: 'valid_until', nullable: true })
  validUntil!: Date | null
}
