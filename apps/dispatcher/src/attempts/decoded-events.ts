import type { DeliveryRecord } from '@hooklane/contracts/records'
import type { DeliveredEvent } from '@hooklane/core/delivery'
import { lengthBeforeOrder } from '@hooklane/core/kernel'
import type { RecordRef } from '@hooklane/core/lane'
import { decodeDelivery } from './decode-delivery.js'

/** The event of a delivery, and the delivery's place in its app's stream. */
export interface DecodedEvent {
  readonly event: DeliveredEvent
  readonly order: DeliveryRecord['order']
}

interface Known {
  /**
   * The bytes of the event: the bytes of the delivery before `order`. A copy, because the record's value is a view that would keep a
   * whole fetch response in memory.
   */
  readonly head: Buffer
  readonly event: DeliveredEvent
}

/**
 * Maximum size of the cached events, in encoded bytes. Their decoded form and JSON texts take a few times as much. Too low: an event is
 * decoded again when two of its deliveries are far apart in the log. Too high: more memory.
 */
const MAX_BYTES = 8 * 1024 * 1024
/** Larger events are not cached: each would evict many others. */
const MAX_EVENT_BYTES = 64 * 1024

/**
 * Decodes each event once, however many apps receive it. The deliveries of one event are attempted shortly after each other and
 * differ only in the last member, `order`, which the router appends. A cached event is used only if its bytes equal those of the
 * record, so a record never gets the event of another record.
 */
export class DecodedEvents {
  /** By partition, offset and topic of the event, oldest entry first. */
  private readonly known = new Map<string, Known>()
  private bytes = 0

  constructor(private readonly maxBytes = MAX_BYTES) {}

  /** Null when the record's value is not a delivery. */
  of({ value, source, streamEpoch, sequence }: RecordRef): DecodedEvent | null {
    const headLength = lengthBeforeOrder(value, { epoch: streamEpoch, sequence })
    if (headLength === null) return read(value)
    const place = `${source.partition}/${source.offset}/${source.topic}`
    const known = this.known.get(place)
    if (known?.head.length === headLength && known.head.compare(value, 0, headLength) === 0) {
      return { event: known.event, order: { epoch: streamEpoch, sequence: Number(sequence) } }
    }
    const placed = read(value)
    if (placed && headLength <= MAX_EVENT_BYTES)
      this.remember(place, Buffer.from(value.subarray(0, headLength)), placed)
    return placed
  }

  private remember(place: string, head: Buffer, { event }: DecodedEvent): void {
    this.forget(place)
    this.known.set(place, { head, event })
    this.bytes += head.length
    for (const longest of this.known.keys()) {
      if (this.bytes <= this.maxBytes) return
      this.forget(longest)
    }
  }

  private forget(place: string): void {
    this.bytes -= this.known.get(place)?.head.length ?? 0
    this.known.delete(place)
  }
}

function read(value: Buffer): DecodedEvent | null {
  const delivery = decodeDelivery(value)
  if (!delivery) return null
  const { order, ...event } = delivery
  return { event, order }
}
