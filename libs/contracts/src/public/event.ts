import { Type, type Static } from '@sinclair/typebox'
import {
  EntityId,
  EventType,
  Id,
  Instant,
  Json,
  JsonObjectSchema,
  Maybe,
  Nullable,
  Pointer,
  ProducerName,
} from './schemas.js'

/** `event/1`: one record on the topic `events`, key = `companyId`. docs/guides/produce-events.md explains it to upstream services. */

export const ChangeSchema = Type.Object(
  {
    op: Type.Union([Type.Literal('add'), Type.Literal('remove'), Type.Literal('replace')]),
    path: Pointer,
    before: Type.Optional(Json),
    after: Type.Optional(Json),
  },
  { additionalProperties: true },
)
/** One difference between the entity's state before the event and its state after it; `path` is a JSON Pointer into `data`. */
export type Change = Static<typeof ChangeSchema>

export const ActorSchema = Type.Object({
  type: Maybe(Type.String()),
  id: Maybe(Type.String()),
  name: Maybe(Type.String()),
})
export const SourceSchema = Type.Object({
  kind: Maybe(Type.String()),
  id: Maybe(Type.String()),
  app: Maybe(Type.String()),
  hops: Maybe(Type.Integer({ minimum: 0 })),
})
export const EntityRefSchema = Type.Object({
  type: Type.String({ minLength: 1, maxLength: 128 }),
  id: EntityId,
  key: Maybe(Type.String({ maxLength: 1024 })),
  url: Maybe(Type.String({ maxLength: 2048 })),
})
export type EntityRef = Static<typeof EntityRefSchema>

export const RevisionSchema = Type.Object({
  /** The event's position in its producer's commit order. Sorting positions as text puts them in commit order. */
  id: Type.String({ minLength: 1, maxLength: 128 }),
  operation: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete')]),
  /** The entity's own version counter; text when it exceeds 2^53. */
  number: Maybe(Type.Union([Type.Integer(), Type.String()])),
  previous: Maybe(Type.Union([Type.Integer(), Type.String()])),
  at: Maybe(Instant),
  changed: Maybe(Type.Array(Pointer)),
  changes: Maybe(Type.Array(ChangeSchema)),
  actor: Maybe(ActorSchema),
  source: Maybe(SourceSchema),
  correlationId: Maybe(Type.String()),
  causationId: Maybe(Type.String()),
  stateHash: Maybe(Type.String()),
  transaction: Maybe(Type.Object({ id: Type.String(), index: Type.Integer(), size: Type.Integer() })),
  /** Paths in `data` and `changes` whose values were left out because the event exceeded 512 KiB. */
  omitted: Maybe(Type.Array(Pointer)),
})
export type Revision = Static<typeof RevisionSchema>

export const BatchSchema = Type.Object({ id: Type.String(), kind: Maybe(Type.String()) })

export const EventSchema = Type.Object(
  {
    id: Id,
    producer: ProducerName,
    type: EventType,
    companyId: Id,
    /** When set, the event is for this subscription alone. */
    subscriptionId: Maybe(Id),
    entity: EntityRefSchema,
    occurredAt: Instant,
    revision: Nullable(RevisionSchema),
    batch: Maybe(BatchSchema),
    after: Maybe(Type.Object({ producer: ProducerName, position: Type.String() })),
    data: Nullable(JsonObjectSchema),
  },
  { $id: 'event/1', additionalProperties: true },
)
/** A change to one entity of one company. An event whose `revision` is null is called a process event: it reports no change. */
export type EntityEvent = Static<typeof EventSchema>

/** Maximum size of a serialised event. A larger event leaves out its largest values (`revision.omitted`). */
export const MAX_EVENT_BYTES = 512 * 1024
