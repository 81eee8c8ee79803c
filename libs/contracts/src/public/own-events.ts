import { Type, type Static } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { decoderOf, type Decoder } from './decode.js'
import { EventSchema, type EntityEvent } from './event.js'
import { ProducerName } from './schemas.js'

/**
 * Hooklane's own event types. They describe what happened to the stream, not to an entity. Every enabled subscription receives them,
 * whatever its `events`; see docs/reference/own-events.md. On the topic `events` they are ordinary records with `revision` null.
 */

/** Why entities must be fetched again. Receivers must accept reasons that they do not know. */
export const RESYNC_REASONS = {
  truncated:
    'A table, or a partition of one, was emptied with TRUNCATE: its entities are gone, without an event for each of them.',
  detached: 'A partition was detached or dropped: its entities are gone, without an event for each of them.',
  attached: 'A partition with rows was attached: its entities are in the table now, without an event for each of them.',
  publication: 'The publication left changes out for a while: these changes are missing.',
  slotLost: 'The replication slot was dropped or lost its log: changes are missing.',
  restored: 'The source was restored or replaced: changes that were delivered may be undone, others are missing.',
  retention: 'Events expired in Kafka before they were routed: their changes are missing.',
} as const
export type ResyncReason = keyof typeof RESYNC_REASONS

/** Schema of a position or null. A position is the `revision.id` of a change: visible ASCII that sorts in its producer's commit order. */
const position = (description: string) =>
  Type.Union([Type.String({ minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' }), Type.Null()], { description })
const Resource = Type.String({ minLength: 1, maxLength: 128, pattern: '^[a-zA-Z0-9_]+(\\.[a-zA-Z0-9_]+)*$' })
const Reason = Type.Union(
  Object.entries(RESYNC_REASONS).map(([reason, description]) => Type.Literal(reason as ResyncReason, { description })),
  { description: 'What happened. Reasons may be added: accept ones you do not know.' },
)

export const ResyncDataSchema = Type.Object(
  {
    producer: Type.Union([ProducerName, Type.Null()], {
      description:
        'The producer whose changes are affected: a captured source or an upstream service, by its name; null: all producers.',
    }),
    from: position('Changes up to this position (`revision.id`) were published; null: not known.'),
    to: position('Changes after this position are published; null: not known.'),
    reason: Reason,
    resources: Type.Array(Resource, {
      uniqueItems: true,
      description: 'Fetch all entities of these resources again. Empty: all resources.',
    }),
  },
  {
    $id: 'resync.required/1',
    title: 'resync.required, version 1',
    description:
      'The member `data` of a delivery of `resync.required`. Members may be added: accept ones you do not know.',
    additionalProperties: true,
  },
)
export type ResyncData = Static<typeof ResyncDataSchema>

const RESYNC_REQUIRED = {
  name: 'resync.required',
  resource: 'resync',
  action: 'required',
  title: 'Entities must be fetched again',
  dataSchema: ResyncDataSchema,
} as const

/** All existing event types of Hooklane itself. */
export const OWN_EVENT_TYPES = [RESYNC_REQUIRED] as const
export type OwnEventType = (typeof OWN_EVENT_TYPES)[number]
export type OwnEventName = OwnEventType['name']

/** The own event type of this name; undefined for all other types. */
export const ownEventType = (name: string): OwnEventType | undefined =>
  OWN_EVENT_TYPES.find((type) => type.name === name)

/** Producer of Hooklane's own event types in the list of event types. No capture source may have this name. */
export const OWN_PRODUCER = 'hooklane'

/** First parts of event types that are reserved for Hooklane, now or later. No other event type may begin with one of them. */
const RESERVED_RESOURCES: ReadonlySet<string> = new Set(['resync', 'stream'])

/** Whether an event type or a resource begins with a reserved part. Ignores case, because names that differ only in case are confusing. */
export function isReservedResource(name: string): boolean {
  const dot = name.indexOf('.')
  return RESERVED_RESOURCES.has((dot < 0 ? name : name.slice(0, dot)).toLowerCase())
}

const decode = decoderOf(EventSchema)
const dataChecks = new Map(
  OWN_EVENT_TYPES.map(({ name, dataSchema }) => [name as string, TypeCompiler.Compile(dataSchema)]),
)

/**
 * Decodes a record of the topic `events`. Every event must match the schema `event/1`. An event of Hooklane's own types must also have no
 * revision, have `data` that matches the schema of its type, and name in `data.producer` its own producer or null. Unknown types that begin
 * with a reserved resource are refused with `reserved_type`.
 */
export const decodeEvent: Decoder<EntityEvent> = (bytes) => {
  const decoded = decode(bytes)
  if (!decoded.ok || !isReservedResource(decoded.value.type)) return decoded
  const reason = faultOfOwnEvent(decoded.value)
  return reason === null ? decoded : { ok: false, reason }
}

function faultOfOwnEvent({ type, producer, revision, data }: EntityEvent): string | null {
  const check = dataChecks.get(type)
  if (!check) return 'reserved_type'
  if (revision !== null) return 'schema:/revision'
  const fault = check.Errors(data).First()
  if (fault) return `schema:/data${fault.path}`
  const concerned = data?.producer ?? null
  return concerned === null || concerned === producer ? null : 'schema:/data/producer'
}
