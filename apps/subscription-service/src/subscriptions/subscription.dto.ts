import type { FailureAction, SuccessRule } from '@hooklane/contracts/records'
import { ApiProperty } from '@nestjs/swagger'
import { choice, custom, duration, flag, id, notYet, number, part, parts, text, wholeNumber } from '../http/fields.js'
import { EVENT_PATTERN } from './event-patterns.js'

const MAX_EVENTS = 100
const DAY_MS = 86_400_000

/** A header of the receiver's own. */
export class WriteHeader {
  @text({ max: 128, example: 'X-Api-Key' })
  name!: string

  @custom({ type: 'string', maxLength: 1_024 }, 'must be text', (value) => typeof value === 'string', {
    optional: true,
    description: 'Absent, or `***`, on a secret header: the value it has stays',
  })
  value?: string

  @flag({
    optional: true,
    default: false,
    description:
      'Sealed and never shown again. Always so for names and values that are credentials, such as Authorization, X-Api-Key or Bearer …',
  })
  secret?: boolean
}

const URL_SCHEMA = { type: 'string', format: 'uri', maxLength: 2_048 }
const isText = (value: unknown): boolean => typeof value === 'string'
const URL_DESCRIPTION =
  'Sealed when it holds more than may be shown: of the path the first segment, of the query the names'

abstract class TargetFields {
  @choice(['POST'], { optional: true, later: ['GET'], default: 'POST' })
  method?: 'POST'

  @parts(() => WriteHeader, 20, { optional: true })
  headers?: WriteHeader[]

  @notYet([])
  query?: never[]

  @notYet({ type: 'none' })
  auth?: { type: 'none' }
}

export class WriteTarget extends TargetFields {
  @custom(URL_SCHEMA, 'must be text', isText, {
    example: 'https://shop.example.com/hooks',
    description: URL_DESCRIPTION,
  })
  url!: string
}

export class PatchTarget extends TargetFields {
  @custom(URL_SCHEMA, 'must be text', isText, {
    optional: true,
    description: `${URL_DESCRIPTION}. As it was shown: it stays. Of another origin: secret headers must be written again`,
  })
  url?: string
}

export class WriteWorkflow {
  @text({ optional: true, description: 'Default: the subscription’s name' })
  name?: string

  @notYet(null)
  trigger?: null

  @notYet(null)
  stop?: null
}

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

export class WriteBackoff {
  @duration(100, DAY_MS, { example: 'PT1S' })
  first!: string

  @number(1, 100, { example: 2 })
  factor!: number

  @duration(100, DAY_MS, { example: 'PT1H' })
  max!: string
}

export class WriteRetry {
  @wholeNumber(1, 100, { optional: true, default: 10, description: 'In all, the first included' })
  attempts?: number

  @duration(100, DAY_MS, { optional: true, default: 'PT6M' })
  interval?: string

  @part(() => WriteBackoff, { optional: true, description: 'In place of interval' })
  backoff?: WriteBackoff

  @number(0, 0.5, { optional: true, default: 0, description: 'Share of a delay by which it is varied' })
  jitter?: number

  @choice(['any', 'transient'], { optional: true, default: 'any' })
  on?: 'any' | 'transient'
}

const isSuccessRule = (value: unknown): boolean => {
  if (!Array.isArray(value)) return value === '2xx' || value === '200'
  const isStatus = (one: unknown): boolean => Number.isInteger(one) && (one as number) >= 200 && (one as number) <= 299
  return value.length >= 1 && value.length <= 20 && value.every(isStatus)
}
export const SUCCESS_SCHEMA = {
  oneOf: [
    { type: 'string', enum: ['2xx', '200'] },
    { type: 'array', items: { type: 'integer', minimum: 200, maximum: 299 }, minItems: 1, maxItems: 20 },
  ],
}

export class WriteDelivery {
  @custom(SUCCESS_SCHEMA, 'must be "2xx", "200" or a list of statuses from 200 to 299', isSuccessRule, {
    optional: true,
    default: '2xx',
  })
  success?: SuccessRule

  @duration(1_000, 25_000, { optional: true, default: 'PT15S', description: 'Total deadline of an attempt' })
  timeout?: string

  @part(() => WriteRetry, { optional: true })
  retry?: WriteRetry

  @choice(['deadLetter', 'drop', 'block'], { optional: true, later: ['disable'], default: 'deadLetter' })
  onRejected?: FailureAction

  @choice(['deadLetter', 'drop', 'block'], { optional: true, later: ['disable'], default: 'block' })
  onUnreachable?: FailureAction

  @notYet(null)
  autoDisable?: null

  @notYet(null)
  whileDisabled?: null
}

const isEventList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= MAX_EVENTS &&
  new Set(value).size === value.length &&
  value.every((one) => typeof one === 'string' && one.length <= 128 && EVENT_PATTERN.test(one))
const EVENTS_SCHEMA = {
  type: 'array',
  items: { type: 'string', maxLength: 128, pattern: EVENT_PATTERN.source },
  minItems: 1,
  maxItems: MAX_EVENTS,
  uniqueItems: true,
}
const EVENTS_RULE = `must be 1 to ${MAX_EVENTS} different event types or patterns such as products.updated, products.* or *`

/** Fields of later versions: the same on create and PATCH. */
abstract class LaterFields {
  @notYet(null)
  preset?: null

  @notYet(null)
  filter?: null

  @notYet({ channelIds: [] })
  scope?: { channelIds: never[] }

  @notYet('deliver')
  echo?: 'deliver'

  @notYet(false)
  coalesce?: false

  @notYet(null)
  notificationPeriod?: null

  @notYet({ emails: [] })
  notifications?: { emails: never[] }
}

export class WriteSubscription extends LaterFields {
  @id({ example: 'app_42' })
  appId!: string

  @text({ optional: true, description: 'Default: the event types' })
  name?: string

  @flag({ optional: true, default: true })
  enabled?: boolean

  @text({ optional: true, nullable: true, description: 'Unique in the company' })
  externalId?: string | null

  @part(() => WriteTarget)
  target!: WriteTarget

  @custom(EVENTS_SCHEMA, EVENTS_RULE, isEventList, { example: ['products.*', 'brands.updated'] })
  events!: string[]

  @part(() => WriteWorkflow, { optional: true })
  workflow?: WriteWorkflow

  @part(() => WritePayload, { optional: true })
  payload?: WritePayload

  @part(() => WriteDelivery, { optional: true })
  delivery?: WriteDelivery
}

/** What is absent stays; `target`, `workflow` and `delivery` are changed field by field. The app cannot change. */
export class PatchSubscription extends LaterFields {
  @text({ optional: true })
  name?: string

  @flag({ optional: true })
  enabled?: boolean

  @text({ optional: true, nullable: true })
  externalId?: string | null

  @part(() => PatchTarget, { optional: true })
  target?: PatchTarget

  @custom(EVENTS_SCHEMA, EVENTS_RULE, isEventList, { optional: true })
  events?: string[]

  @part(() => WriteWorkflow, { optional: true })
  workflow?: WriteWorkflow

  @part(() => WritePayload, { optional: true })
  payload?: WritePayload

  @part(() => WriteDelivery, { optional: true })
  delivery?: WriteDelivery
}

export class HeaderView {
  @ApiProperty() name!: string
  @ApiProperty({ required: false, description: 'Absent when secret' }) value?: string
  @ApiProperty() secret!: boolean
}
