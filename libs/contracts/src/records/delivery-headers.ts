import type { Decoded } from '../public/decode.js'
import {
  DELIVERY_MODES,
  type DeliveryHeaders,
  type DeliveryMode,
  type DeliveryReason,
  type SourceOffset,
  type StreamEndHeaders,
} from './delivery.js'
import { HEADER, SCHEMA } from '../public/headers.js'

/** A range that includes both ends. */
interface Range {
  readonly min: bigint
  readonly max: bigint
}

/** Offset, sequence and version of a record: Kafka's offsets and Postgres' bigint are signed 64-bit integers. */
const FROM_0: Range = { min: 0n, max: 2n ** 63n - 1n }
const FROM_1: Range = { ...FROM_0, min: 1n }
/** Epoch, incarnation and partition: Postgres stores them as an int. */
const INT_FROM_0: Range = { min: 0n, max: 2n ** 31n - 1n }
const INT_FROM_1: Range = { ...INT_FROM_0, min: 1n }
const FIRST_INCARNATION = 1
const MODES: ReadonlySet<string> = new Set(DELIVERY_MODES)
const REASONS: ReadonlySet<string> = new Set<DeliveryReason>([
  'event',
  'snapshot',
  'catchUp',
  'replay',
  'redrive',
  'test',
])
/** The form of an id: see `Id`. */
const ID = /^[\x21-\x7e]{1,128}$/
const POSITION = /^[\x21-\x7e]{1,128}$/
const TOPIC = /^[a-zA-Z0-9._-]{1,249}$/
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const DECIMAL = /^(0|[1-9]\d{0,18})$/

/** `<topic>/<partition>/<offset>`. Unambiguous, because topic names contain no slash. */
export const formatSource = (source: SourceOffset): string => `${source.topic}/${source.partition}/${source.offset}`

/** Encodes the headers of a record on `deliveries.<group>` or its retry topic. Without a position there is no position header. */
export function encodeDeliveryHeaders(headers: DeliveryHeaders): Record<string, string> {
  const encoded: Record<string, string> = {
    [HEADER.schema]: SCHEMA.delivery,
    [HEADER.kind]: headers.kind,
    [HEADER.delivery]: headers.deliveryId,
    [HEADER.company]: headers.companyId,
    [HEADER.companyIncarnation]: String(headers.companyIncarnation),
    [HEADER.sequence]: String(headers.sequence),
    [HEADER.source]: formatSource(headers.source),
    [HEADER.routedAt]: headers.routedAt,
    [HEADER.streamEpoch]: String(headers.streamEpoch),
    [HEADER.subscription]: headers.subscriptionId,
    [HEADER.subscriptionVersion]: String(headers.subscriptionVersion),
    [HEADER.route]: String(headers.routeVersion),
    [HEADER.streamVersion]: String(headers.streamVersion),
    [HEADER.mode]: headers.mode,
    [HEADER.reason]: headers.reason,
  }
  if (headers.position !== null) encoded[HEADER.position] = headers.position
  return encoded
}

/**
 * Decodes the headers that `encodeDeliveryHeaders` writes. Never throws: any bytes give a value or a reason. The reason names the first
 * invalid header: `header:hooklane-sequence`. Unknown headers are ignored.
 */
export function decodeDeliveryHeaders(headers: Readonly<Record<string, Uint8Array>>): Decoded<DeliveryHeaders> {
  const read = new HeaderReader(headers)
  if (read.text(HEADER.schema, /^/) !== SCHEMA.delivery) read.fail(HEADER.schema)
  read.text(HEADER.kind, /^delivery$/)
  const mode = read.text(HEADER.mode, /^/)
  if (!MODES.has(mode)) read.fail(HEADER.mode)
  const reason = read.text(HEADER.reason, /^/)
  if (!REASONS.has(reason)) read.fail(HEADER.reason)
  const value: DeliveryHeaders = {
    kind: 'delivery',
    deliveryId: read.text(HEADER.delivery, ID),
    companyId: read.text(HEADER.company, ID),
    companyIncarnation: read.has(HEADER.companyIncarnation)
      ? read.int32(HEADER.companyIncarnation, INT_FROM_1)
      : FIRST_INCARNATION,
    sequence: read.int64(HEADER.sequence, FROM_1),
    position: read.has(HEADER.position) ? read.text(HEADER.position, POSITION) : null,
    source: read.source(),
    routedAt: read.text(HEADER.routedAt, INSTANT),
    streamEpoch: read.int32(HEADER.streamEpoch, INT_FROM_1),
    subscriptionId: read.text(HEADER.subscription, ID),
    subscriptionVersion: read.int64(HEADER.subscriptionVersion, FROM_0),
    routeVersion: read.int32(HEADER.route, INT_FROM_0),
    streamVersion: read.int32(HEADER.streamVersion, INT_FROM_0),
    mode: mode as DeliveryMode,
    reason: reason as DeliveryReason,
  }
  return read.result(value)
}

/** Encodes the headers of the record that ends an epoch of an app. */
export function encodeStreamEndHeaders(headers: StreamEndHeaders): Record<string, string> {
  return {
    [HEADER.schema]: SCHEMA.streamEnd,
    [HEADER.kind]: headers.kind,
    [HEADER.company]: headers.companyId,
    [HEADER.sequence]: String(headers.sequence),
    [HEADER.streamEpoch]: String(headers.streamEpoch),
    [HEADER.routedAt]: headers.routedAt,
  }
}

/** Whether the schema header is that of a stream end. The other headers are not checked. */
export function isStreamEnd(headers: Readonly<Record<string, Uint8Array>>): boolean {
  const schema = Object.hasOwn(headers, HEADER.schema) ? headers[HEADER.schema] : undefined
  return schema instanceof Uint8Array && latin1Of(schema) === SCHEMA.streamEnd
}

/** Decodes the headers that `encodeStreamEndHeaders` writes. Like `decodeDeliveryHeaders`, it never throws. */
export function decodeStreamEndHeaders(headers: Readonly<Record<string, Uint8Array>>): Decoded<StreamEndHeaders> {
  const read = new HeaderReader(headers)
  if (read.text(HEADER.schema, /^/) !== SCHEMA.streamEnd) read.fail(HEADER.schema)
  read.text(HEADER.kind, /^ended$/)
  return read.result({
    kind: 'ended',
    companyId: read.text(HEADER.company, ID),
    sequence: read.int64(HEADER.sequence, FROM_0),
    streamEpoch: read.int32(HEADER.streamEpoch, INT_FROM_1),
    routedAt: read.text(HEADER.routedAt, INSTANT),
  })
}

/** Reads the bytes through a view, without copying them. */
const latin1Of = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1')

/** Reads headers one by one and remembers the first invalid one in `fault`. Once `fault` is set, the returned values mean nothing. */
class HeaderReader {
  fault: string | null = null

  constructor(private readonly headers: Readonly<Record<string, Uint8Array>>) {}

  has(name: string): boolean {
    return Object.hasOwn(this.headers, name)
  }

  text(name: string, pattern: RegExp): string {
    const bytes = this.has(name) ? this.headers[name] : undefined
    // Latin-1 maps every byte to its own character, so bytes outside ASCII never match a pattern of ASCII characters.
    const text = bytes instanceof Uint8Array ? latin1Of(bytes) : null
    if (text === null || !pattern.test(text)) this.fail(name)
    return text ?? ''
  }

  int64(name: string, range: Range): bigint {
    return this.bounded(name, this.text(name, DECIMAL), range)
  }

  int32(name: string, range: Range): number {
    return Number(this.int64(name, range))
  }

  result<T>(value: T): Decoded<T> {
    return this.fault === null ? { ok: true, value } : { ok: false, reason: this.fault }
  }

  source(): SourceOffset {
    const name = HEADER.source
    const [topic = '', partition = '', offset = '', ...rest] = this.text(name, /^/).split('/')
    if (rest.length > 0 || !TOPIC.test(topic)) this.fail(name)
    return {
      topic,
      partition: Number(this.bounded(name, partition, INT_FROM_0)),
      offset: this.bounded(name, offset, FROM_0),
    }
  }

  fail(name: string): void {
    this.fault ??= `header:${name}`
  }

  private bounded(name: string, text: string, { min, max }: Range): bigint {
    const value = DECIMAL.test(text) ? BigInt(text) : -1n
    if (value < min || value > max) this.fail(name)
    return value
  }
}
