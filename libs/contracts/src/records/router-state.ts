import { Type, type Static } from '@sinclair/typebox'
import { decoderOf, type Decoded } from '../public/decode.js'
import { Id, Nullable, OffsetText, ProducerName, StreamEpoch } from '../public/schemas.js'

/**
 * `router-state/1`: what the router knows of one partition of `events`, on the same partition of the compacted topic
 * `router.state`. Written in the transaction of the deliveries that follow from it; read whole by the partition's next owner.
 */

/** Key `app:<app id>`: the last sequence that the app was given, in whatever epoch. Stays for ever: numbers go on when an app is made again. */
export const AppStreamStateSchema = Type.Object(
  {
    kind: Type.Literal('app'),
    appId: Id,
    epoch: StreamEpoch,
    /** 0: none was given before the stream ended. */
    sequence: Type.Integer({ minimum: 0 }),
    /** Highest epoch whose end was published: nothing more is routed in it. Absent: none has ended. */
    ended: Type.Optional(StreamEpoch),
  },
  { additionalProperties: true },
)

/**
 * Key `seen:<company>:<producer>:<chunk mod 64>`, from the second incarnation of a company on `…:<incarnation>/<chunk mod 64>`: a run of the
 * ids that a company's producer was last seen with. The chunk with the highest number also says how far that producer is.
 */
export const SeenChunkStateSchema = Type.Object(
  {
    kind: Type.Literal('seen'),
    companyId: Id,
    /** Of the company: what was sent to its predecessor says nothing about what is sent to it. Absent: 1. */
    incarnation: Type.Optional(Type.Integer({ minimum: 1 })),
    producer: ProducerName,
    /** 0, 1, 2 …: never starts again, so that the newest chunk can be told. */
    chunk: Type.Integer({ minimum: 0 }),
    /** Highest position so far; null while the producer sent process events only. */
    position: Nullable(Type.String()),
    ids: Type.Array(Type.String()),
  },
  { additionalProperties: true },
)

/** Key `~position`: offset of the next event to route; the same as the group's committed offset, which can be lost. */
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

/** Chunks of ids that are kept per company and producer; part of the keys, so a change needs a new schema version. */
export const SEEN_CHUNKS = 64

/** Key of the record that ends a restore: its value is the nonce of the owner that reads. */
export const ROUTER_STATE_END_KEY = '~end'

/** The record's key. Producer names hold no colon and ids no blank, so two records never share a key by accident. */
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

/** Reads a value of `router.state`, other than that of the end record. */
export const decodeRouterState = (bytes: Uint8Array | null): Decoded<RouterStateRecord> => decode(bytes)
