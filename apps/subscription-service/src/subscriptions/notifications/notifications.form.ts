import { notYet } from '../../http/fields.js'

export const NO_NOTIFICATIONS = { emails: [] }

export class NotificationsForm {
  @notYet(null)
  notificationPeriod?: null

  @notYet(NO_NOTIFICATIONS)
  notifications?: typeof NO_NOTIFICATIONS
}
