import { notYetAvailable } from '../../http/fields.js'

export const NO_NOTIFICATIONS = { emails: [] }

export class NotificationsForm {
  @notYetAvailable(null)
  notificationPeriod?: null

  @notYetAvailable(NO_NOTIFICATIONS)
  notifications?: typeof NO_NOTIFICATIONS
}
