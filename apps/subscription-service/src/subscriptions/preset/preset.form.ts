import { notYet } from '../../http/fields.js'

export class PresetForm {
  @notYet(null)
  preset?: null
}
