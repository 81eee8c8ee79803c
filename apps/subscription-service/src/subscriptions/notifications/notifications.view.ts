import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { byExample, NULL } from '../../http/view-properties.js'
import { NO_NOTIFICATIONS, type NotificationsForm } from './notifications.form.js'

export class NotificationsView implements Shows<NotificationsForm> {
  @ApiProperty(NULL) notificationPeriod!: null
  @ApiProperty(byExample(NO_NOTIFICATIONS)) notifications!: typeof NO_NOTIFICATIONS
}

export const notificationsView = (): NotificationsView => ({
  notificationPeriod: null,
  notifications: NO_NOTIFICATIONS,
})
