import { text } from '../http/fields.js'

export class PutCompany {
  @text({ example: 'Nordlys Living A/S' })
  name!: string
}
