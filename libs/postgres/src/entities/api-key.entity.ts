import { Column, Entity, PrimaryColumn } from 'typeorm'

export type ApiKeyRole = 'operator' | 'owner' | 'editor' | 'viewer'

@Entity('api_key')
export class ApiKeyEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string

  /** Null: an operator key. */
  @Column({ type: 'text', name: 'company_id', nullable: true })
  companyId!: string | null

  /** Set: the key reads only this app, its subscriptions, deliveries and attempts. */
  @Column({ type: 'text', name: 'app_id', nullable: true })
  appId!: string | null

  @Column({ type: 'text' })
  role!: ApiKeyRole

  @Column({ type: 'text' })
  name!: string

  /** SHA-256 of the key's random bytes. Selected only when a key is checked. */
  @Column({ type: 'bytea', select: false })
  digest!: Buffer

  @Column({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  revokedAt!: Date | null
}
