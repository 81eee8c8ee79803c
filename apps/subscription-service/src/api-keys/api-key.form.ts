import { choice, id, text } from '../http/fields.js'

export type NewKeyRole = 'operator' | 'owner' | 'editor' | 'viewer'

export class CreateApiKey {
  @text({ description: 'What the key is for' })
  name!: string

  @choice(['owner', 'editor', 'viewer', 'operator'], {
    optional: true,
    description: 'Required without appId. With appId it can only be viewer. Only operators may create operator keys',
  })
  role?: NewKeyRole

  @id({ optional: true, description: 'Limits the key to reading this app, its subscriptions, deliveries and attempts' })
  appId?: string
}
