import type {
  AppConfiguration,
  DeliveryReason,
  DeliveryRecord,
  Envelope,
  Skipped,
  SubscriptionConfiguration,
  WorkerMode,
} from '@hooklane/contracts'
import type { Gap } from '../lane/protocol.js'

/** Everything the body is made of. Nothing of an attempt (its number, the lag) is among it. */
export interface EnvelopeParts {
  readonly delivery: DeliveryRecord
  readonly subscription: Pick<SubscriptionConfiguration, 'id' | 'workflow'>
  readonly app: Pick<AppConfiguration, 'id' | 'type' | 'name'>
  /** The name is null while the company is not known. */
  readonly company: { readonly id: string; readonly name: string | null }
  /** `webhook-id`. */
  readonly deliveryId: string
  /** The sequence before the run of skipped ones, `sequence − 1` without one. */
  readonly previous: bigint
  readonly skipped: readonly Gap[]
  readonly reason: DeliveryReason
  readonly worker: WorkerMode
  /** Base of `event.schema`; a slash at its end is not doubled. */
  readonly publicBaseUrl: string
}

/** The body of the request: the same parts always give the same bytes. */
export function renderEnvelope(parts: EnvelopeParts): Buffer {
  return Buffer.from(JSON.stringify(envelopeOf(parts)), 'utf8')
}

/** Members stand in the order of the reference; members that are not known are null. */
function envelopeOf(parts: EnvelopeParts): Envelope {
  const { delivery, subscription, app, company } = parts
  const { entity, batch } = delivery
  const revision = revisionOf(delivery)
  return {
    id: parts.deliveryId,
    type: delivery.type,
    timestamp: delivery.occurredAt,
    version: '1',
    company: { id: company.id, name: company.name },
    app: { id: app.id, type: app.type, name: app.name },
    event: eventOf(delivery, parts.publicBaseUrl),
    workflow: {
      id: subscription.workflow.id,
      name: subscription.workflow.name,
      subscriptionId: subscription.id,
      reason: parts.reason,
      worker: parts.worker,
    },
    entity: { type: entity.type, id: entity.id, key: entity.key ?? null, url: entity.url ?? null },
    revision,
    ...(revision === null ? { covers: null } : {}),
    order: {
      stream: app.id,
      epoch: delivery.order.epoch,
      sequence: delivery.order.sequence,
      previous: Number(parts.previous),
      skipped: parts.skipped.map(skippedOf),
    },
    batch: batch ? { id: batch.id, kind: batch.kind ?? null } : null,
    data: delivery.data,
  }
}

/** `products.updated` is the action `updated` on the resource `products`; the last dot divides. */
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

function revisionOf({ revision }: DeliveryRecord): Envelope['revision'] {
  if (revision === null) return null
  const { actor, source } = revision
  return {
    id: revision.id,
    number: revision.number ?? null,
    previous: revision.previous ?? null,
    operation: revision.operation,
    at: revision.at ?? null,
    actor: actor ? { type: actor.type ?? null, id: actor.id ?? null, name: actor.name ?? null } : null,
    source: source
      ? { kind: source.kind ?? null, id: source.id ?? null, app: source.app ?? null, hops: source.hops ?? null }
      : null,
    correlationId: revision.correlationId ?? null,
    causationId: revision.causationId ?? null,
    changed: revision.changed ?? null,
    changes: revision.changes ?? null,
    coalesced: null,
    stateHash: revision.stateHash ?? null,
    ...(revision.omitted ? { omitted: revision.omitted } : {}),
  }
}

function skippedOf(gap: Gap): Skipped {
  const { status, reason } = gap
  const sequence = Number(gap.sequence)
  return gap.to === undefined
    ? { sequence, id: gap.id, status, reason }
    : { sequence, to: Number(gap.to), status, reason }
}
