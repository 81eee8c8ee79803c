import { Type, type Static } from '@sinclair/typebox'
import { decoderOf, type Decoded } from '../public/decode.js'
import { Id, Nullable, OffsetText, ProducerName, StreamEpoch } from '../public/schemas.js'

/**
 * `router-state/1`: the router's state for one partition of `events`, on the same partition of the compacted topic `router.state`. The
 * router writes it in the same transaction as the deliveries. The next owner of the partition reads it completely.
 */

/** Key `app:<app id>`: the app's last sequence number in any epoch. Kept for ever, because an app that is created again continues it. */
export const AppStreamStateSchema = Type.Object(
  {
    kind: Type.Literal('app'),
    appId: Id,
    epoch: StreamEpoch,
    /** 0: no number was assigned before the stream ended. */
    sequence: Type.Integer({ minimum: 0 }),
    /** The highest epoch whose end was published: no more events are routed in it. Absent: no epoch has ended. */
    ended: Type.Optional(StreamEpoch),
  },
  { additionalProperties: true },
)

/**
 * A chunk of the most recent event ids of one producer of a company. The chunk with the highest number also holds the producer's position.
 * Key `seen:<company>:<producer>:<chunk mod 64>`; from the second incarnation of a company on, `…:<incarnation>/<chunk mod 64>`.
 */
export const SeenChunkStateSchema = Type.Object(
  {
    kind: Type.Literal('seen'),
    companyId: Id,
    /** Incarnation of the company (raised when it is created again). Ids of an earlier incarnation do not count. Absent: 1. */
    incarnation: Type.Optional(Type.Integer({ minimum: 1 })),
    producer: ProducerName,
    /** 0, 1, 2 …: never restarts, so that the highest number is the newest chunk. */
    chunk: Type.Integer({ minimum: 0 }),
    /** The highest position so far; null while the producer has sent only process events. */
    position: Nullable(Type.String()),
    ids: Type.Array(Type.String()),
  },
  { additionalProperties: true },
)

/** Key `~position`: the offset of the next event to route. Stored here, too, because the consumer group's committed offset can be lost. */
export const RouterPositionStateSchema = Type.Object(
  { kind: Type.Literal('position'), next: OffsetText },
  { additionalProperties: true },
)

export const RouterStateSchema = Type.Union([AppStreamStateSchema, SeenChunkStateSchema, RouterPositionStateSchema], {
  $id: 'router-state/1',
})
export type AppStreamState = Static<typeof AppStreamStateSchema>
export type SeenChunkState = Static<typeof SeenChunkStateSchema>
export type RouterPositionState = Static<typeof RouterPositionStateSchema>
export type RouterStateRecord = Static<typeof RouterStateSchema>

/** Number of chunks of ids kept per company and producer. The keys depend on it, so a change needs a new schema version. */
export const SEEN_CHUNKS = 64

/** Key of the record at which a restore ends: the new owner writes it with a nonce as its value, then reads until it finds that nonce. */
export const ROUTER_STATE_END_KEY = '~end'

/** The key of the record. Producer names contain no colon, so two different records never share a key. */
export function routerStateKey(record: RouterStateRecord): string {
  switch (record.kind) {
    case 'app':
      return `app:${record.appId}`
    case 'seen':
      return `seen:${record.companyId}:${record.producer}:${incarnationPart(record)}${record.chunk % SEEN_CHUNKS}`
    case 'position':
      return '~position'
  }
}

const incarnationPart = ({ incarnation = 1 }: SeenChunkState): string => (incarnation === 1 ? '' : `${incarnation}/`)

const decode = decoderOf(RouterStateSchema)

/** Decodes a value of `router.state`; the record with `ROUTER_STATE_END_KEY` must not be passed. */
export const decodeRouterState = (bytes: Uint8Array | null): Decoded<RouterStateRecord> => decode(bytes)
