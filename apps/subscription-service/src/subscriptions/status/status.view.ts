import {
  DISABLED_REASONS,
  SUBSCRIPTION_STATUSES,
  type DisabledReason,
  type SubscriptionStatus,
} from '@hooklane/contracts/records'
import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { instantOf } from '../../http/instants.js'
import { nullable } from '../../http/view-properties.js'
import type { StatusForm } from './status.form.js'
import type { StoredStatus } from './status.stored.js'

class DisabledView {
  @ApiProperty({ enum: [...DISABLED_REASONS] }) reason!: DisabledReason
  @ApiProperty({ format: 'date-time' }) at!: string
  @ApiProperty() failures!: number
  @ApiProperty(nullable('string')) lastError!: string | null
}

export class StatusView implements Shows<StatusForm> {
  @ApiProperty() enabled!: boolean
  @ApiProperty({ enum: [...SUBSCRIPTION_STATUSES] }) status!: SubscriptionStatus
  @ApiProperty({ type: DisabledView, nullable: true })
  disabled!: DisabledView | null
}

type Row = StoredStatus & Pick<SubscriptionEntity, 'updatedAt'>

/** @param isFailing whether a delivery of the subscription waits for its next attempt after a failure */
export const statusView = (row: Row, isFailing: boolean): StatusView => ({
  enabled: row.enabled,
  status: row.enabled ? (isFailing ? 'failing' : 'active') : 'disabled',
  disabled: disabledView(row),
})

function disabledView(row: Row): DisabledView | null {
  if (row.disabledReason === null) return null
  return {
    reason: row.disabledReason,
    at: instantOf(row.disabledAt ?? row.updatedAt),
    failures: row.disabledFailures,
    lastError: row.disabledError,
  }
}
