import type { AppEntity } from '@hooklane/postgres/tenancy'
import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../http/forms.js'
import { instantOf } from '../http/instants.js'
import { NULL, nullable } from '../http/view-properties.js'
import { AppWorker, NO_NOTIFICATIONS, type WriteApp } from './app.form.js'

export class AppView implements Shows<WriteApp> {
  @ApiProperty({ example: 'app_42' }) id!: string
  @ApiProperty() companyId!: string
  @ApiProperty(nullable('string')) externalId!: string | null
  @ApiProperty() name!: string
  @ApiProperty({ example: 'shopware' }) type!: string
  @ApiProperty({ type: AppWorker }) worker!: AppWorker
  @ApiProperty({ description: 'The worker group that sends its deliveries', example: 'shared-webhook' })
  workerGroup!: string
  @ApiProperty(NULL) rateLimit!: null
  @ApiProperty() enabled!: boolean
  @ApiProperty({
    description: '`order.epoch` of its deliveries. Raised each time the app is created again under its id',
    example: 1,
  })
  epoch!: number
  @ApiProperty({ type: 'object', additionalProperties: true }) notifications!: typeof NO_NOTIFICATIONS
  @ApiProperty({ format: 'date-time' }) createdAt!: string
  @ApiProperty({ format: 'date-time' }) updatedAt!: string
}

export const appView = (app: AppEntity): AppView => ({
  id: app.id,
  companyId: app.companyId,
  externalId: app.externalId,
  name: app.name,
  type: app.type,
  worker: { mode: app.workerMode },
  workerGroup: app.workerGroup,
  rateLimit: null,
  enabled: app.enabled,
  epoch: app.epoch,
  notifications: NO_NOTIFICATIONS,
  createdAt: instantOf(app.createdAt),
  updatedAt: instantOf(app.updatedAt),
})
