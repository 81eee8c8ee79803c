import type { Envelope } from '@hooklane/contracts/public'
import type { DeliveredEvent } from '../payload-renderer.js'
import { members } from './members.js'

/**
 * The parts of the body that all deliveries of one event share, as JSON text that is written once. Each part is a list of whole members,
 * without a comma at either end.
 */
export interface EventText {
  /** The members `type`, `timestamp` and `version`. */
  readonly opening: string
  /** The member `event`. */
  readonly description: string
  /** The members `entity` and `revision`, and `covers` if there is no revision. */
  readonly subject: string
  /** The members `batch` and `data`. */
  readonly content: string
}

export function eventText(event: DeliveredEvent, publicBaseUrl: string): EventText {
  const { type, entity, revision, batch, occurredAt, data } = event
  return {
    opening: members({ type, timestamp: occurredAt, version: '1' }),
    description: members({ event: descriptionOf(event, publicBaseUrl) }),
    subject: members({
      entity: { type: entity.type, id: entity.id, key: entity.key ?? null, url: entity.url ?? null },
      revision: revisionOf(event),
      ...(revision === null ? { covers: null } : {}),
    }),
    content: members({ batch: batch ? { id: batch.id, kind: batch.kind ?? null } : null, data }),
  }
}

/** `products.updated` is the action `updated` on the resource `products`; the last dot separates them. */
function descriptionOf({ id, type }: DeliveredEvent, publicBaseUrl: string): Envelope['event'] {
  const dot = type.lastIndexOf('.')
  const base = publicBaseUrl.endsWith('/') ? publicBaseUrl.slice(0, -1) : publicBaseUrl
  return {
    id,
    name: type,
    resource: type.slice(0, dot),
    action: type.slice(dot + 1),
    schema: `${base}/schemas/${type}/1`,
  }
}

/** Members that are not known are null. */
function revisionOf({ revision }: DeliveredEvent): Envelope['revision'] {
  if (revision === null) return null
  return {
    id: revision.id,
    number: orNull(revision.number),
    previous: orNull(revision.previous),
    operation: revision.operation,
    at: orNull(revision.at),
    actor: revision.actor ? actorOf(revision.actor) : null,
    source: revision.source ? sourceOf(revision.source) : null,
    correlationId: orNull(revision.correlationId),
    causationId: orNull(revision.causationId),
    changed: orNull(revision.changed),
    changes: orNull(revision.changes),
    coalesced: null,
    stateHash: orNull(revision.stateHash),
    ...(revision.omitted ? { omitted: revision.omitted } : {}),
  }
}

type KnownRevision = NonNullable<DeliveredEvent['revision']>

const actorOf = ({ type, id, name }: NonNullable<KnownRevision['actor']>) => ({
  type: orNull(type),
  id: orNull(id),
  name: orNull(name),
})

const sourceOf = ({ kind, id, app, hops }: NonNullable<KnownRevision['source']>) => ({
  kind: orNull(kind),
  id: orNull(id),
  app: orNull(app),
  hops: orNull(hops),
})

const orNull = <T>(value: T | undefined): T | null => value ?? null
