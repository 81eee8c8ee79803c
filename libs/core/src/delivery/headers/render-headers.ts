import type { DeliveryMode, DeliveryRecord } from '@hooklane/contracts/records'
import { validateHeaders } from '../sending/reserved-headers.js'
import { contentDigest, signatureHeader, type SigningKey } from '../signing/standard-webhooks.js'
import { headerSafe } from './header-safe.js'
import type { DeliveredEvent, Payload } from '../payload/payload-renderer.js'

/** Maximum length of the header `Entity`. Receivers commonly refuse header lines above 8 KiB, so a longer entity is only in the body. */
const MAX_ENTITY_HEADER = 4096

export interface HeaderParts {
  /** Its body is exactly what is sent. */
  readonly payload: Payload
  readonly deliveryId: string
  readonly event: Pick<DeliveredEvent, 'type' | 'companyId' | 'entity' | 'revision'>
  readonly order: DeliveryRecord['order']
  readonly appId: string
  readonly previous: bigint
  readonly mode: DeliveryMode | 'test'
  /** The subscription's custom headers, unsealed. */
  readonly custom: readonly { readonly name: string; readonly value: string }[]
  /** All secrets that are valid now, newest first. */
  readonly signingKeys: readonly SigningKey[]
  /** Wall clock of this attempt. */
  readonly timestampSeconds: number
  /** Number of this attempt, 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  /** Milliseconds since the event occurred. */
  readonly lagMs: number | null
  /** Deliveries of this app that wait behind this one. */
  readonly backlog: number | null
  /** Epoch of the sender's lease. */
  readonly ownerEpoch: bigint | null
  readonly traceparent: string | null
  readonly userAgent: string
  /** Setting `HEADER_PREFIX`, `Pim-` by default; ends with a dash. */
  readonly headerPrefix: string
}

/** The headers in the order in which they are written, or why the request cannot be made (never with a value: it may be a secret). */
export type RenderedHeaders =
  | { readonly ok: true; readonly headers: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly code: 'invalid_header' | 'no_signing_key'; readonly message: string }

/**
 * Renders the custom headers first and ours last, so that ours win. Custom headers are checked again, because a subscription may have been
 * written to the database without the API. If one is not allowed (a forged `Host`, a line break in a value), no request is sent.
 */
export function renderHeaders(parts: HeaderParts): RenderedHeaders {
  const [fault] = validateHeaders(parts.custom, parts.headerPrefix)
  if (fault) {
    const subject = fault.index === null ? 'the list of custom headers' : `the custom header with index ${fault.index}`
    return { ok: false, code: 'invalid_header', message: `${subject} is not allowed: ${fault.code}` }
  }
  if (parts.signingKeys.length === 0) {
    return { ok: false, code: 'no_signing_key', message: 'the subscription has no valid signing secret' }
  }
  // No prototype, so that `__proto__` is a name like any other.
  const headers = Object.create(null) as Record<string, string>
  for (const { name, value } of parts.custom) headers[name] = value
  Object.assign(headers, standardHeaders(parts))
  for (const [name, value] of ownHeaders(parts)) {
    if (value !== null) headers[parts.headerPrefix + name] = value
  }
  return { ok: true, headers }
}

/** `Hooklane/0.1.0 (+https://pim.example.com/webhooks)`: who is calling, and where to complain. */
export function userAgentOf(version: string, contact: string): string {
  return `Hooklane/${headerSafe(version)} (+${headerSafe(contact)})`
}

function standardHeaders(parts: HeaderParts): Record<string, string> {
  const { deliveryId: id, timestampSeconds, payload } = parts
  const { contentType, body } = payload
  return {
    'content-type': contentType,
    'user-agent': parts.userAgent,
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatureHeader(parts.signingKeys, { id, timestampSeconds, body }),
    'content-digest': contentDigest(body),
    'idempotency-key': `"${id}"`,
    ...(parts.traceparent === null ? {} : { traceparent: parts.traceparent }),
  }
}

/** Hooklane's own headers, named without the prefix. A header whose value is null is left out. */
function ownHeaders(parts: HeaderParts): readonly (readonly [string, string | null])[] {
  const { event, order, appId, attempt, maxAttempts, lagMs, backlog, ownerEpoch } = parts
  const revision = event.revision?.number ?? null
  return [
    ['Event', event.type],
    ['Company', headerSafe(event.companyId)],
    ['App', headerSafe(appId)],
    ['Entity', entityHeader(event.entity)],
    ['Revision', revision === null ? null : headerSafe(String(revision))],
    ['Stream', `${headerSafe(appId)};epoch=${order.epoch}`],
    ['Sequence', String(order.sequence)],
    ['Previous-Sequence', String(parts.previous)],
    ['Attempt', String(attempt)],
    ['Max-Attempts', String(maxAttempts)],
    ['Mode', parts.mode],
    ['Lag', lagMs === null ? null : (Math.max(0, lagMs) / 1000).toFixed(1)],
    ['Backlog', backlog === null ? null : String(backlog)],
    ['Owner-Epoch', ownerEpoch === null ? null : String(ownerEpoch)],
  ]
}

/** `product/prd_9001`: a slash inside the type is encoded, so the first slash separates type and id. */
function entityHeader({ type, id }: DeliveryRecord['entity']): string | null {
  const value = `${headerSafe(type).replaceAll('/', '%2F')}/${headerSafe(id)}`
  return value.length > MAX_ENTITY_HEADER ? null : value
}
