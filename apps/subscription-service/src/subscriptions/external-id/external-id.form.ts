import { text } from '../../http/fields.js'

export class ExternalIdForm {
  @text({ optional: true, nullable: true, description: 'Unique in the company' })
  externalId?: string | null
}
