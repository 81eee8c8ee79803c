import { Type, type Static } from '@sinclair/typebox'
import { ChangeSchema } from './event.js'
import {
  EventType,
  Id,
  Instant,
  JsonObjectSchema,
  Nullable,
  OneOf,
  Pointer,
  publishedSchema,
  SequenceNumber,
} from './schemas.js'

/**
 * The body of a request to a receiver, version 1 (`payload.type` json). Every member is always present, except those declared
 * optional. A member whose value is not known is null. Members may be added, so receivers must accept unknown ones. Published as
 * docs/reference/envelope.schema.json.
 */

const Text = Nullable(Type.String())
const RevisionNumber = Nullable(Type.Union([Type.Integer(), Type.String()]))

/** `shared`: the app shares a worker group with other apps; `dedicated`: the app has a worker group of its own. */
export const WORKER_MODES = ['shared', 'dedicated'] as const
export const WorkerModeSchema = OneOf(WORKER_MODES)
export type WorkerMode = Static<typeof WorkerModeSchema>

/** Outcomes of a sequence number that was never delivered to the receiver. */
export const GAP_STATUSES = ['deadLettered', 'dropped', 'filtered', 'skipped', 'held', 'expired', 'lost'] as const
export type GapStatus = (typeof GAP_STATUSES)[number]

const SettledAs = {
  status: OneOf(GAP_STATUSES),
  reason: Type.String(),
}

export const SkippedSchema = Type.Union([
  Type.Object({ sequence: SequenceNumber, id: Nullable(Id), ...SettledAs }),
  Type.Object({ sequence: SequenceNumber, to: SequenceNumber, ...SettledAs }),
])
/** A sequence number that the receiver never got, or a range of them with the same outcome. */
export type Skipped = Static<typeof SkippedSchema>

const EnvelopeRevisionSchema = Type.Object({
  id: Type.String({ minLength: 1 }),
  number: RevisionNumber,
  previous: RevisionNumber,
  operation: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete')]),
  at: Nullable(Instant),
  actor: Nullable(Type.Object({ type: Text, id: Text, name: Text })),
  source: Nullable(Type.Object({ kind: Text, id: Text, app: Text, hops: Nullable(Type.Integer({ minimum: 0 })) })),
  correlationId: Text,
  causationId: Text,
  changed: Nullable(Type.Array(Pointer)),
  changes: Nullable(Type.Array(ChangeSchema)),
  coalesced: Nullable(
    Type.Object({
      count: Type.Integer({ minimum: 2 }),
      revisions: Type.Array(Type.Union([Type.Integer(), Type.String()])),
      sequences: Type.Array(SequenceNumber),
    }),
  ),
  stateHash: Text,
  /** Only in events larger than 512 KiB: the paths in `data` and `changes` whose values were left out. */
  omitted: Type.Optional(Type.Array(Pointer)),
})

export const EnvelopeSchema = Type.Object(
  {
    id: Id,
    type: EventType,
    timestamp: Instant,
    version: Type.Literal('1'),
    company: Type.Object({ id: Id, name: Text }),
    app: Type.Object({ id: Id, type: Type.String(), name: Type.String() }),
    event: Type.Object({
      id: Id,
      name: EventType,
      resource: Type.String({ minLength: 1 }),
      action: Type.String({ minLength: 1 }),
      schema: Type.String({ minLength: 1 }),
    }),
    workflow: Type.Object({
      id: Id,
      name: Type.String(),
      subscriptionId: Id,
      reason: Type.Union(
        (['event', 'snapshot', 'catchUp', 'replay', 'redrive', 'test'] as const).map((r) => Type.Literal(r)),
      ),
      worker: WorkerModeSchema,
    }),
    entity: Type.Object({
      type: Type.String({ minLength: 1 }),
      id: Type.String({ minLength: 1 }),
      key: Text,
      url: Text,
    }),
    /** Null in process events, which carry `covers` instead. */
    revision: Nullable(EnvelopeRevisionSchema),
    /** Only in process events (events without a revision): the range of this stream's sequence numbers that precede the event. */
    covers: Type.Optional(
      Nullable(Type.Object({ from: Type.Integer({ minimum: 0 }), to: Type.Integer({ minimum: 0 }) })),
    ),
    /** Null in test requests, which are not part of the stream. */
    order: Nullable(
      Type.Object({
        stream: Id,
        epoch: Type.Integer({ minimum: 1 }),
        sequence: SequenceNumber,
        previous: Type.Integer({ minimum: 0 }),
        skipped: Type.Array(SkippedSchema),
      }),
    ),
    batch: Nullable(Type.Object({ id: Type.String(), kind: Text })),
    data: Nullable(JsonObjectSchema),
  },
  {
    $id: 'envelope/1',
    title: 'Hooklane webhook envelope, version 1',
    description: 'The body of a delivery. Members may be added within version 1: accept ones you do not know.',
    additionalProperties: true,
  },
)
export type Envelope = Static<typeof EnvelopeSchema>

/** The schema as it is published. */
export const envelopeJsonSchema = (): Record<string, unknown> => publishedSchema(EnvelopeSchema)
