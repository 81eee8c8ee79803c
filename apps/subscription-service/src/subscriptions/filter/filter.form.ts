import { notYet } from '../../http/fields.js'

export const NO_SCOPE = { channelIds: [] }

export class FilterForm {
  @notYet(null)
  filter?: null

  @notYet(NO_SCOPE)
  scope?: typeof NO_SCOPE
}
