import { Type, type TSchema } from '@sinclair/typebox'
import type { JsonObject, JsonValue } from './json.js'

/** Building blocks of the record schemas. */

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** May be absent or null; both mean "not known". */
export const Maybe = <T extends TSchema>(schema: T) => Type.Optional(Nullable(schema))

/** One of a list of texts. */
export const OneOf = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.Union(values.map((value) => Type.Literal(value))))

export const Json = Type.Unsafe<JsonValue>(Type.Unknown())
export const JsonObjectSchema = Type.Unsafe<JsonObject>(Type.Object({}))

/** Identifiers: visible ASCII, so that they fit into record keys and headers. */
export const Id = Type.String({ minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' })
/** Entity ids come from the source's tables and may hold any text. */
export const EntityId = Type.String({ minLength: 1, maxLength: 1024 })
export const Instant = Type.String({
  minLength: 20,
  maxLength: 40,
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
})
export const Pointer = Type.String({ maxLength: 4096 })
/** 1, 2, 3 …; stays below 2^53 for longer than any system lives, so a JSON number holds it. */
export const SequenceNumber = Type.Integer({ minimum: 1 })
/** Raised each time an app is created again under its id; the app's sequence numbers continue. Postgres stores it as an int. */
export const StreamEpoch = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
/** Kafka offsets travel as decimal text. */
export const OffsetText = Type.String({ pattern: '^\\d{1,19}$' })
/** Maximum length of an event type or a pattern, in characters. */
export const MAX_EVENT_TYPE_LENGTH = 128
/** `resource.action`, lower camel, several dots allowed. */
export const EventType = Type.String({
  minLength: 3,
  maxLength: MAX_EVENT_TYPE_LENGTH,
  pattern: '^[a-zA-Z0-9_]+(\\.[a-zA-Z0-9_]+)+$',
})
export const ProducerName = Type.String({ minLength: 1, maxLength: 60, pattern: '^[a-zA-Z0-9_.-]+$' })

/** A schema as it is published: plain JSON Schema 2020-12. */
export function publishedSchema(schema: TSchema): Record<string, unknown> {
  const plain = JSON.parse(JSON.stringify(schema)) as Record<string, unknown>
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...plain }
}
