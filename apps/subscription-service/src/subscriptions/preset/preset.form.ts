import { notYetAvailable } from '../../http/fields.js'

export class PresetForm {
  @notYetAvailable(null)
  preset?: null
}
