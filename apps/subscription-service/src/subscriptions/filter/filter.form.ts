import { notYetAvailable } from '../../http/fields.js'

export const NO_SCOPE = { channelIds: [] }

export class FilterForm {
  @notYetAvailable(null)
  filter?: null

  @notYetAvailable(NO_SCOPE)
  scope?: typeof NO_SCOPE
}
