import { text } from '../../http/fields.js'

export class ExternalIdForm {
  @text({ optional: true, nullable: true, description: 'Unique among the subscriptions of the company' })
  externalId?: string | null
}
