import { notYetAvailable } from '../../http/fields.js'

/** How to treat changes that the app made itself (`echo`) and changes that a newer change supersedes (`coalesce`). */
export class EchoForm {
  @notYetAvailable('deliver')
  echo?: 'deliver'

  @notYetAvailable(false)
  coalesce?: false
}
