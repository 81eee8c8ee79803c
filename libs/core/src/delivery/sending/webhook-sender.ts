import type { SuccessRule } from '@hooklane/contracts/records'
import type { AttemptResult } from '../../policy/attempt-result.js'

/** One signed request, ready to be written. */
export interface WebhookRequest {
  readonly url: string
  readonly method: 'POST'
  /** Complete, in the order in which they are written. */
  readonly headers: Readonly<Record<string, string>>
  /** Exactly the bytes that were signed. */
  readonly body: Buffer
  readonly success: SuccessRule
  /** Total: from `SendingTerms.startedMs` to the last byte of the answer. */
  readonly timeoutMs: number
}

/** What bounds a request beside its own limits. */
export interface SendingTerms {
  /**
   * Instant (monotonic) from which the timeout counts, if it is before the call: when the caller last confirmed that the request may be
   * sent.
   */
  readonly startedMs?: number
  /**
   * Called directly before each write, in the same tick, also before the first: a process can be frozen at any instruction before that.
   * False: nothing is written. Absent: always true.
   */
  readonly mayWrite?: () => boolean
}

/** Bytes of a response's body that are kept for people to read. */
export const MAX_BODY_EXCERPT_BYTES = 4 * 1024

export interface WebhookResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The beginning of the body: at most `MAX_BODY_EXCERPT_BYTES` as UTF-8. */
  readonly body: string
}

export interface SendOutcome {
  readonly result: AttemptResult
  readonly response: WebhookResponse | null
  /** Closed set of codes (`dns`, `connect`, `tls`, `reset`, `timeout`, `address_blocked`, `redirect`, `http_500` …); null when accepted. */
  readonly error: { readonly code: string; readonly message: string } | null
  readonly durationMs: number
  /**
   * Whether the request was written again, because a kept connection closed before any byte of an answer. The receiver may have got both.
   */
  readonly isResent: boolean
}

/** Talks to receivers. Never throws and never follows redirects; checks the address on every connection. */
export interface WebhookSender {
  send(request: WebhookRequest): Promise<SendOutcome>
  /** Resolves to null when nothing was written, because `mayWrite` returned false. */
  send(request: WebhookRequest, terms: SendingTerms): Promise<SendOutcome | null>
  /** Ends idle connections; requests in flight go on. */
  close(): Promise<void>
}
