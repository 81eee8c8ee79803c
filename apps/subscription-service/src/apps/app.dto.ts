import type { AppConfiguration, WorkerMode } from '@hooklane/contracts/records'
import type { AppEntity } from '@hooklane/postgres'
import { ApiProperty } from '@nestjs/swagger'
import { choice, flag, notYet, part, text } from '../http/fields.js'
import { instantOf } from '../http/instants.js'

const APP_TYPE = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/
const APP_TYPE_RULE = '1 to 40 lower-case letters, digits or dashes, no dash at either end'
export const DEFAULT_APP_TYPE = 'webhook'
const NO_NOTIFICATIONS = { emails: [], url: null }

export class AppWorker {
  @choice(['shared', 'dedicated'], { description: 'Fixed once the app has a subscription' })
  mode!: WorkerMode
}

/** `POST` and `PUT`: what is absent takes its default. */
export class WriteApp {
  @text({ example: 'Nordlys DE' })
  name!: string

  @text({
    optional: true,
    max: 40,
    pattern: APP_TYPE,
    rule: APP_TYPE_RULE,
    default: DEFAULT_APP_TYPE,
    example: 'shopware',
  })
  type?: string

  @text({ optional: true, nullable: true, description: 'Unique in the company' })
  externalId?: string | null

  @flag({ optional: true, default: true })
  enabled?: boolean

  @part(() => AppWorker, { optional: true })
  worker?: AppWorker

  @notYet(null)
  rateLimit?: null

  @notYet(NO_NOTIFICATIONS)
  notifications?: typeof NO_NOTIFICATIONS
}

/** `PATCH`: what is absent stays. */
export class PatchApp {
  @text({ optional: true })
  name?: string

  @text({ optional: true, max: 40, pattern: APP_TYPE, rule: APP_TYPE_RULE })
  type?: string

  @text({ optional: true, nullable: true })
  externalId?: string | null

  @flag({ optional: true })
  enabled?: boolean

  @part(() => AppWorker, { optional: true })
  worker?: AppWorker

  @notYet(null)
  rateLimit?: null

  @notYet(NO_NOTIFICATIONS)
  notifications?: typeof NO_NOTIFICATIONS
}

export class AppView {
  @ApiProperty({ example: 'app_42' }) id!: string
  @ApiProperty() companyId!: string
  @ApiProperty({ type: 'string', nullable: true }) externalId!: string | null
  @ApiProperty() name!: string
  @ApiProperty({ example: 'shopware' }) type!: string
  @ApiProperty({ type: AppWorker }) worker!: AppWorker
  @ApiProperty({ description: 'Where its deliveries run', example: 'shared-webhook' }) workerGroup!: string
  @ApiProperty({ type: 'null' }) rateLimit!: null
  @ApiProperty() enabled!: boolean
  @ApiProperty({
    description: '`order.epoch` of its deliveries: raised each time that the app is made again',
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

export const appConfiguration = (app: AppEntity): AppConfiguration => ({
  id: app.id,
  companyId: app.companyId,
  name: app.name,
  type: app.type,
  externalId: app.externalId,
  enabled: app.enabled,
  worker: { mode: app.workerMode },
  workerGroup: app.workerGroup,
  routeVersion: app.routeVersion,
  epoch: app.epoch,
})
