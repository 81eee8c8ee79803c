import { choice, notYet, part } from '../../http/fields.js'

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

  @notYet([])
  fields?: never[]

  @notYet([])
  include?: never[]

  @notYet([])
  exclude?: never[]

  @notYet({})
  static?: object

  @notYet('omit')
  missing?: 'omit'

  @notYet(null)
  template?: null

  @notYet(null)
  deleted?: null

  @notYet(262_144)
  maxBytes?: 262_144

  @notYet('thin')
  overflow?: 'thin'
}

export class PayloadForm {
  @part(() => WritePayload, { optional: true })
  payload?: WritePayload
}
