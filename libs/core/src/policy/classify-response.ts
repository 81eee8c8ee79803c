import type { SuccessRule } from '@hooklane/contracts/records'
import type { AttemptResult } from './attempt-result.js'

export interface ResponseFacts {
  readonly status: number
  /** The `Retry-After` header as received; null or undefined without one. */
  readonly retryAfter?: string | null | undefined
  /** The statuses that count as accepted. */
  readonly success: SuccessRule
  /** Wall clock: what a `Retry-After` date is compared with. */
  readonly wallMs: number
}

/**
 * Classifies a receiver's complete response. Total: any status and any header give a result.
 *
 * - Statuses that `success` names are `accepted`.
 * - 410 is `gone`.
 * - 429 and 503 with a readable `Retry-After` are `throttled`.
 * - 408, 425, 429, 5xx, and statuses that HTTP does not know as final (below 200, above 599) are `unreachable` with code `http_<status>`.
 * - Everything else is `rejected`.
 */
export function classifyStatus({ status, retryAfter, success, wallMs }: ResponseFacts): AttemptResult {
  if (isSuccess(status, success)) return { kind: 'accepted', status }
  if (status === 410) return { kind: 'gone', status }
  if (status === 429 || status === 503) {
    const retryAfterMs = parseRetryAfter(retryAfter ?? '', wallMs)
    if (retryAfterMs !== null) return { kind: 'throttled', status, retryAfterMs }
  }
  if (status === 408 || status === 425 || status === 429 || status < 200 || status >= 500) {
    return { kind: 'unreachable', status, code: `http_${status}` }
  }
  return { kind: 'rejected', status }
}

function isSuccess(status: number, success: SuccessRule): boolean {
  if (success === '2xx') return status >= 200 && status < 300
  if (success === '200') return status === 200
  return success.includes(status)
}

/**
 * `Retry-After` (RFC 9110, 10.2.3) in milliseconds from `wallMs`: delay seconds or one of the three HTTP date forms; a date in the past is
 * 0. Null for anything else: the header is then ignored.
 */
export function parseRetryAfter(value: string, wallMs: number): number | null {
  const text = value.trim()
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER)
  const hasZone = IMF_FIXDATE.test(text) || RFC_850.test(text)
  if (!hasZone && !ASCTIME.test(text)) return null
  const atMs = Date.parse(hasZone ? text : `${text} GMT`)
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - wallMs)
}

const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
const RFC_850 = /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/
/** Always in UTC; the form names no zone. */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/
