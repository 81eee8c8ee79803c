import { notYet } from '../../http/fields.js'

/** Which changes are not delivered one by one: those that the app made itself, and those that a newer one replaces. */
export class EchoForm {
  @notYet('deliver')
  echo?: 'deliver'

  @notYet(false)
  coalesce?: false
}
