import type {
  DisabledReason,
  FailureAction,
  RetriedFailures,
  SuccessRule,
  TargetHeader,
} from '@hooklane/contracts/records'
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { Revisioned } from './revisioned.js'

/** The delivery policy as people write it: durations are ISO 8601. Exactly one of `interval` and `backoff` is set. */
export interface StoredDeliveryPolicy {
  readonly success: SuccessRule
  readonly timeout: string
  readonly retry: {
    readonly attempts: number
    readonly interval?: string
    readonly backoff?: { readonly first: string; readonly factor: number; readonly max: string }
    readonly jitter: number
    readonly on: RetriedFailures
  }
  readonly onRejected: FailureAction
  readonly onUnreachable: FailureAction
}

@Entity('subscription')
export class SubscriptionEntity extends Revisioned {
  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text', name: 'company_id' })
  companyId!: string

  @Column({ type: 'text', name: 'app_id' })
  appId!: string

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text', name: 'external_id', nullable: true })
  externalId!: string | null

  @Column({ type: 'boolean' })
  enabled!: boolean

  /** The part of the URL that may be shown, normalised by the URL parser. */
  @Column({ type: 'text', name: 'target_url' })
  targetUrl!: string

  /** The whole URL, sealed; null when `targetUrl` is the whole URL. */
  @Column({ type: 'text', name: 'target_url_sealed', nullable: true })
  targetUrlSealed!: string | null

  /** Secret values are sealed. */
  @Column({ type: 'jsonb', name: 'target_headers' })
  targetHeaders!: TargetHeader[]

  @Column({ type: 'text', array: true })
  events!: string[]

  @Column({ type: 'text', name: 'workflow_id' })
  workflowId!: string

  @Column({ type: 'text', name: 'workflow_name' })
  workflowName!: string

  @Column({ type: 'jsonb' })
  delivery!: StoredDeliveryPolicy

  /** Null if and only if the subscription is enabled. */
  @Column({ type: 'text', name: 'disabled_reason', nullable: true })
  disabledReason!: DisabledReason | null

  @Column({ type: 'timestamptz', name: 'disabled_at', nullable: true })
  disabledAt!: Date | null

  @Column({ type: 'int', name: 'disabled_failures' })
  disabledFailures!: number

  @Column({ type: 'text', name: 'disabled_error', nullable: true })
  disabledError!: string | null
}
