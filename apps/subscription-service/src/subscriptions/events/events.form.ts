import { MAX_EVENT_TYPE_LENGTH } from '@hooklane/contracts/public'
import { EVENT_PATTERN, MAX_EVENTS } from '@hooklane/contracts/records'
import { custom } from '../../http/fields.js'

const isPattern = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= MAX_EVENT_TYPE_LENGTH && EVENT_PATTERN.test(value)
const isEventList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= MAX_EVENTS &&
  new Set(value).size === value.length &&
  value.every(isPattern)

const SCHEMA = {
  type: 'array',
  items: { type: 'string', maxLength: MAX_EVENT_TYPE_LENGTH, pattern: EVENT_PATTERN.source },
  minItems: 1,
  maxItems: MAX_EVENTS,
  uniqueItems: true,
}
const RULE = {
  check: isEventList,
  message: `must be 1 to ${MAX_EVENTS} different event types or patterns such as products.updated, products.* or *`,
}

export class EventsForm {
  @custom(SCHEMA, RULE, { example: ['products.*', 'brands.updated'] })
  events!: string[]
}
