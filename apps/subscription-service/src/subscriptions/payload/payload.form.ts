import { choice, notYetAvailable, part } from '../../http/fields.js'

export class WritePayload {
  @choice(['json'], {
    optional: true,
    later: ['xml', 'form', 'query', 'cloudevents', 'cloudevents-structured'],
    default: 'json',
  })
  type?: 'json'

  @choice(['full'], { optional: true, later: ['delta', 'thin'], default: 'full' })
  mode?: 'full'

  @choice(['1'], { optional: true, default: '1' })
  version?: '1'

  @notYetAvailable([])
  fields?: never[]

  @notYetAvailable([])
  include?: never[]

  @notYetAvailable([])
  exclude?: never[]

  @notYetAvailable({})
  static?: object

  @notYetAvailable('omit')
  missing?: 'omit'

  @notYetAvailable(null)
  template?: null

  @notYetAvailable(null)
  deleted?: null

  @notYetAvailable(262_144)
  maxBytes?: 262_144

  @notYetAvailable('thin')
  overflow?: 'thin'
}

export class PayloadForm {
  @part(() => WritePayload, { optional: true })
  payload?: WritePayload
}
