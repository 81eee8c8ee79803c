import type { Envelope } from '@hooklane/contracts/public'
import type { DeliveryRecord } from '@hooklane/contracts/records'

/**
 * What all deliveries of one event have in common, written once: its members of the body as JSON text, and the values that headers and
 * records need. The texts hold whole members, separated by commas, without one at either end.
 */
export interface RenderedEvent {
  readonly id: string
  readonly type: string
  readonly companyId: string
  readonly entity: DeliveryRecord['entity']
  /** Position of the revision; null without one. */
  readonly position: string | null
  readonly revisionNumber: number | string | null
  readonly occurredAtMs: number
  /** `type`, `timestamp`, `version`. */
  readonly opening: string
  /** `event`. */
  readonly event: string
  /** `entity`, `revision`, and `covers` where there is no revision. */
  readonly subject: string
  /** `batch`, `data`. */
  readonly content: string
}

/** @param publicBaseUrl base of `event.schema`; a slash at its end is not doubled */
export function renderEvent(delivery: DeliveryRecord, publicBaseUrl: string): RenderedEvent {
  const { id, type, companyId, entity, revision, batch, occurredAt } = delivery
  return {
    ...{ id, type, companyId, entity },
    position: revision?.id ?? null,
    revisionNumber: revision?.number ?? null,
    occurredAtMs: Date.parse(occurredAt),
    opening: members({ type, timestamp: occurredAt, version: '1' }),
    event: members({ event: eventOf(delivery, publicBaseUrl) }),
    subject: members({
      entity: { type: entity.type, id: entity.id, key: entity.key ?? null, url: entity.url ?? null },
      revision: revisionOf(delivery),
      ...(revision === null ? { covers: null } : {}),
    }),
    content: members({
      batch: batch ? { id: batch.id, kind: batch.kind ?? null } : null,
      data: delivery.data,
    }),
  }
}

/** JSON text of the members, in their order, without the braces around them. */
export const members = (part: Partial<Envelope>): string => JSON.stringify(part).slice(1, -1)

/** `products.updated` is the action `updated` on the resource `products`; the last dot separates them. */
function eventOf(delivery: DeliveryRecord, publicBaseUrl: string): Envelope['event'] {
  const dot = delivery.type.lastIndexOf('.')
  const base = publicBaseUrl.endsWith('/') ? publicBaseUrl.slice(0, -1) : publicBaseUrl
  return {
    id: delivery.id,
    name: delivery.type,
    resource: delivery.type.slice(0, dot),
    action: delivery.type.slice(dot + 1),
    schema: `${base}/schemas/${delivery.type}/1`,
  }
}

/** Members that are not known are null. */
function revisionOf({ revision }: DeliveryRecord): Envelope['revision'] {
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

type KnownRevision = NonNullable<DeliveryRecord['revision']>

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
