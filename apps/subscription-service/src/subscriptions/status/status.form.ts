import { flag } from '../../http/fields.js'

export class StatusForm {
  @flag({ optional: true, default: true })
  enabled?: boolean
}
