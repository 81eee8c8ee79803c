import { Type, type Static } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { decoderOf, type Decoder } from './decode.js'
import { EventSchema, type EntityEvent } from './event.js'
import { ProducerName } from './schemas.js'

/**
 * The event types of Hooklane itself: they say what happened to the stream, not to an entity. Each enabled subscription gets them, whatever
 * its `events`; see docs/reference/own-events.md. On the topic `events` they are records like any other, with `revision` null.
 */

/** Why entities must be fetched again. Receivers must accept reasons that they do not know. */
export const RESYNC_REASONS = {
  truncated:
    'A table, or a partition of one, was emptied with TRUNCATE: its entities are gone, and there is no event for each.',
  detached: 'A partition left its table: its entities are gone, and there is no event for each.',
  attached: 'A partition with rows joined its table: its entities are there, and there is no event for each.',
  publication: 'For a while changes were not published: the publication left them out.',
  slotLost: 'The replication slot was dropped or lost its log: changes are missing.',
  restored: 'The source was restored or replaced: changes that were delivered may be undone, others are missing.',
  retention: 'Events expired before they were delivered.',
} as const
export type ResyncReason = keyof typeof RESYNC_REASONS

/** `revision.id` of a change: text of visible ASCII that sorts in its producer's commit order. */
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
        'Whose changes are concerned: the name of a captured source or of an upstream service; null: of all producers.',
    }),
    from: position('Changes up to this position (`revision.id`) were published; null: not known.'),
    to: position('Changes after this position are published; null: not known.'),
    reason: Reason,
    resources: Type.Array(Resource, {
      uniqueItems: true,
      description: 'Fetch all entities of these resources again. Empty: of every resource.',
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

/** Every event type of Hooklane itself that exists. */
export const OWN_EVENT_TYPES = [RESYNC_REQUIRED] as const
export type OwnEventType = (typeof OWN_EVENT_TYPES)[number]
export type OwnEventName = OwnEventType['name']

/** Undefined for every type that is not Hooklane's own. */
export const ownEventType = (name: string): OwnEventType | undefined =>
  OWN_EVENT_TYPES.find((type) => type.name === name)

/** Who yields them, in the catalogue of event types. No capture source may have this name. */
export const OWN_PRODUCER = 'hooklane'

/** First parts of event types that are Hooklane's own or will be: no other event type may begin with one. */
const RESERVED_RESOURCES: ReadonlySet<string> = new Set(['resync', 'stream'])

/** Whether an event type, or a resource, begins with a part that is Hooklane's own, in any case: two names that look alike would be mistaken. */
export function isReservedResource(name: string): boolean {
  const dot = name.indexOf('.')
  return RESERVED_RESOURCES.has((dot < 0 ? name : name.slice(0, dot)).toLowerCase())
}

const decode = decoderOf(EventSchema)
const dataChecks = new Map(
  OWN_EVENT_TYPES.map(({ name, dataSchema }) => [name as string, TypeCompiler.Compile(dataSchema)]),
)

/**
 * Reads a record of the topic `events`. Beyond the schema `event/1`, an event of Hooklane's own types must have no revision and the `data` of its
 * type, about its own producer or about all; other types may not begin with a reserved resource: reason `reserved_type`.
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
