import { notYet } from '../../http/fields.js'

/** How to treat changes that the app made itself (`echo`) and changes that a newer change supersedes (`coalesce`). */
export class EchoForm {
  @notYet('deliver')
  echo?: 'deliver'

  @notYet(false)
  coalesce?: false
}
