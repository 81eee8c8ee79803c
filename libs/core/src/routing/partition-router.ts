import type { Decoded, EntityEvent } from '@hooklane/contracts/public'
import type {
  CompanyConfiguration,
  DeliveryHeaders,
  EndedStreamConfiguration,
  StreamEndHeaders,
} from '@hooklane/contracts/records'
import { FIRST_INCARNATION, type CompanyIncarnation } from '../kernel/identity/company-incarnation.js'
import { webhookId } from '../kernel/identity/ids.js'
import type { LogRecord } from '../kernel/log/log.js'
import { nestsDeeperThan } from '../kernel/json/json-depth.js'
import { partitionOfKey } from '../kernel/partition/murmur2.js'
import { isOwnEventType, subscriptionEntity } from './own-event-types.js'
import type { PartitionState } from './partition-state.js'
import { matchSubscriptions, type SubscriptionMatch } from './match-subscriptions.js'
import type { RoutingView } from './routing-view.js'
import { deliveryValue } from './delivery-value.js'

export interface PartitionRouterSettings {
  /** Number of partitions of the topic `events`; it decides to which partition a key belongs. */
  readonly partitions: number
  /** Longer events are quarantined. */
  readonly maxEventBytes: number
  /** Events with more hops are quarantined: this ends a loop between two systems that echo each other's changes. */
  readonly maxHops: number
  /** Value of the schema header; a record that carries another one is not read as an event. */
  readonly schema: { readonly header: string; readonly value: string }
  readonly decode: (bytes: Uint8Array | null) => Decoded<EntityEvent>
}

/** One delivery, numbered and ready to be appended to the topic of its app's worker group. */
export interface RoutedDelivery {
  readonly appId: string
  readonly workerGroup: string
  readonly headers: DeliveryHeaders
  /** Trace context of the event's producer (W3C); null when it sent none that is valid. */
  readonly traceparent: string | null
  readonly value: Buffer
}

/** The last record of an app's epoch on the topic of its worker group. */
export interface RoutedStreamEnd {
  readonly appId: string
  readonly workerGroup: string
  readonly headers: StreamEndHeaders
}

export type RoutingDecision =
  /** `deliveries` is empty when no subscription matched. */
  | { readonly kind: 'deliver'; readonly event: EntityEvent; readonly deliveries: readonly RoutedDelivery[] }
  /** The producer sent this id before. */
  | { readonly kind: 'copy'; readonly event: EntityEvent }
  | { readonly kind: 'quarantine'; readonly reason: string }
  /** An app's worker group is not known: nothing was decided and no number was assigned. */
  | { readonly kind: 'wait'; readonly appId: string; readonly workerGroup: string }

/**
 * Events whose JSON nests deeper than this are quarantined (see `nestsDeeperThan`). Real data nests far less, and a stack holds far more.
 */
const MAX_DEPTH = 200

/** Decides what becomes of each record of one partition of `events`. Total: no record makes the router throw. */
export class PartitionRouter {
  constructor(
    private readonly settings: PartitionRouterSettings,
    readonly state: PartitionState,
  ) {}

  /**
   * Decides about one record. Unless the decision is `wait`, the state has taken the record into account.
   * @param routedAt RFC 3339, UTC
   */
  route(record: LogRecord, view: RoutingView, routedAt: string): RoutingDecision {
    const read = this.#read(record, view)
    if ('reason' in read) return { kind: 'quarantine', reason: read.reason }
    const { event, company } = read
    const window = this.state.window(company, event.producer)
    if (window.has(event.id)) return { kind: 'copy', event }
    const position = event.revision?.id ?? null
    if (isOutOfOrder(position, window.position)) return { kind: 'quarantine', reason: 'out_of_order' }

    const echoes = hopsOf(event) > this.settings.maxHops
    const matches = echoes ? [] : matchSubscriptions(event, view)
    const withoutWorkerGroup = matches.find((match) => !view.hasWorkerGroup(match.app.workerGroup))
    if (withoutWorkerGroup)
      return { kind: 'wait', appId: withoutWorkerGroup.app.id, workerGroup: withoutWorkerGroup.app.workerGroup }

    // An event without deliveries raises its producer's position, too, because a later event with a lower position is out of order.
    this.state.remember(window, { id: event.id, position })
    if (echoes) return { kind: 'quarantine', reason: 'hops' }
    const deliveries = matches.map((match) => this.#deliver({ record, event, company, routedAt }, match))
    return { kind: 'deliver', event, deliveries }
  }

  /**
   * Ends the streams of deleted apps, each once. All deliveries of the app's epoch come before the end, none after it.
   * @param partition of `events`; the streams of companies whose events lie in another partition are ended there
   */
  endStreams(partition: number, view: RoutingView, routedAt: string): RoutedStreamEnd[] {
    return view
      .endedStreams()
      .filter((stream) => this.#mustEnd(stream, partition, view))
      .map(({ appId, companyId, epoch, workerGroup }) => {
        const sequence = this.state.endStream(appId, epoch)
        return { appId, workerGroup, headers: { kind: 'ended', companyId, sequence, streamEpoch: epoch, routedAt } }
      })
  }

  #mustEnd({ appId, companyId, epoch, workerGroup }: EndedStreamConfiguration, partition: number, view: RoutingView) {
    if (this.state.hasEnded(appId, epoch)) return false
    if (partitionOfKey(Buffer.from(companyId), this.settings.partitions) !== partition) return false
    // The deletion itself has not been read yet: deliveries of this epoch may still follow.
    const app = view.app(appId)
    if (app && epochOf(app) <= epoch) return false
    // A group is removed only after its last stream has ended, so there is nothing left to end.
    return view.hasWorkerGroup(workerGroup)
  }

  #read(record: LogRecord, view: RoutingView): ReadEvent | { readonly reason: string } {
    const decoded = this.#decode(record)
    if (!decoded.ok) return { reason: decoded.reason }
    const event = decoded.value
    const { key } = record
    if (key?.toString('utf8') !== event.companyId) return { reason: 'wrong_key' }
    if (partitionOfKey(key, this.settings.partitions) !== record.partition) return { reason: 'wrong_partition' }
    const company = view.company(event.companyId)
    if (!company) return { reason: 'unknown_company' }
    if (isOfPredecessor(record, company)) return { reason: 'former_company' }
    return { event, company: { id: event.companyId, incarnation: company.incarnation ?? FIRST_INCARNATION } }
  }

  #decode({ value, headers }: LogRecord): ReturnType<PartitionRouterSettings['decode']> {
    const { maxEventBytes, schema, decode } = this.settings
    if (value && value.length > maxEventBytes) return { ok: false, reason: 'too_large' }
    const found = headers[schema.header]
    if (found && found.toString('latin1') !== schema.value) return { ok: false, reason: 'unknown_schema' }
    const decoded = decode(value)
    return decoded.ok && value && nestsDeeperThan(value, MAX_DEPTH) ? { ok: false, reason: 'too_deep' } : decoded
  }

  #deliver({ record, event, company, routedAt }: ReadEvent & RoutingContext, match: SubscriptionMatch): RoutedDelivery {
    const { app, subscription, subscriptionVersion } = match
    const place = this.state.nextPlace(app.id, epochOf(app))
    const entity = isOwnEventType(event.type) ? subscriptionEntity(subscription.id) : null
    // The bytes were just decoded as a JSON object, so they end with a closing brace.
    const value = record.value && deliveryValue(record.value, place, entity)
    if (!value) throw new Error('an event that was decoded does not end with a closing brace')
    return {
      appId: app.id,
      workerGroup: app.workerGroup,
      traceparent: traceparentOf(record),
      value,
      headers: {
        kind: 'delivery',
        deliveryId: webhookId(event.id, subscription.id),
        companyId: event.companyId,
        companyIncarnation: company.incarnation,
        sequence: place.sequence,
        position: headerPosition(event),
        source: { topic: record.topic, partition: record.partition, offset: record.offset },
        routedAt,
        streamEpoch: place.epoch,
        subscriptionId: subscription.id,
        subscriptionVersion,
        routeVersion: app.routeVersion,
        // Catch-ups of the app raise the version; without a catch-up, live events have version 0.
        streamVersion: 0,
        mode: 'live',
        reason: 'event',
      },
    }
  }
}

/** An event that can be routed, and the company as it is now. */
interface ReadEvent {
  readonly event: EntityEvent
  readonly company: CompanyIncarnation
}

interface RoutingContext {
  readonly record: LogRecord
  readonly routedAt: string
}

/** Positions of one producer only grow. */
const isOutOfOrder = (position: string | null, last: string | null): boolean =>
  position !== null && last !== null && position <= last

const hopsOf = ({ revision }: EntityEvent): number => revision?.source?.hops ?? 0

const epochOf = ({ epoch }: { readonly epoch?: number | undefined }): number => epoch ?? 1

/** An event that was published before a company was created again belongs to the former company of this id. */
const isOfPredecessor = ({ offset }: LogRecord, { eventsFrom }: CompanyConfiguration): boolean =>
  eventsFrom !== undefined && offset < BigInt(eventsFrom)

/** Headers hold printable ASCII only. A position with other characters appears only in the value. */
function headerPosition(event: EntityEvent): string | null {
  const position = event.revision?.id ?? null
  return position !== null && /^[\x21-\x7e]+$/.test(position) ? position : null
}

function traceparentOf(record: LogRecord): string | null {
  const text = record.headers.traceparent?.toString('latin1')
  return text !== undefined && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text) ? text : null
}
