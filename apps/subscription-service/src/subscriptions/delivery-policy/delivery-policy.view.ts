import {
  FAILURE_ACTIONS,
  RETRIED_FAILURES,
  type FailureAction,
  type RetriedFailures,
  type SuccessRule,
} from '@hooklane/contracts/records'
import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { byExample, NULL } from '../../http/view-properties.js'
import {
  SUCCESS_SCHEMA,
  type DeliveryPolicyForm,
  type WriteBackoff,
  type WriteDelivery,
  type WriteRetry,
} from './delivery-policy.form.js'
import type { StoredDelivery } from './delivery-policy.stored.js'

const BACKOFF_EXAMPLE: Shows<WriteBackoff> = { first: 'PT1S', factor: 2, max: 'PT1H' }

class RetryView implements Shows<Omit<WriteRetry, 'interval' | 'backoff'>> {
  @ApiProperty() attempts!: number
  @ApiProperty({ required: false, format: 'duration' }) interval?: string
  @ApiProperty(byExample(BACKOFF_EXAMPLE, { required: false })) backoff?: object
  @ApiProperty() jitter!: number
  @ApiProperty({ enum: [...RETRIED_FAILURES] }) on!: RetriedFailures
}

class DeliveryPolicyView implements Shows<WriteDelivery> {
  @ApiProperty(SUCCESS_SCHEMA) success!: SuccessRule
  @ApiProperty({ format: 'duration' }) timeout!: string
  @ApiProperty({ type: RetryView }) retry!: RetryView
  @ApiProperty({ enum: [...FAILURE_ACTIONS] }) onRejected!: FailureAction
  @ApiProperty({ enum: [...FAILURE_ACTIONS] }) onUnreachable!: FailureAction
  @ApiProperty(NULL) autoDisable!: null
  @ApiProperty(NULL) whileDisabled!: null
}

export class DeliveryPolicyPartView implements Shows<DeliveryPolicyForm> {
  @ApiProperty({ type: DeliveryPolicyView }) delivery!: DeliveryPolicyView
}

export const deliveryPolicyView = ({ delivery }: StoredDelivery): DeliveryPolicyPartView => ({
  delivery: { ...delivery, autoDisable: null, whileDisabled: null },
})
