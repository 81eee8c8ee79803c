import { id, text } from '../../http/fields.js'

export class IdentityForm {
  @id({ example: 'app_42' })
  appId!: string

  @text({ optional: true, description: 'Default: the event types of the subscription, separated by commas' })
  name?: string
}
