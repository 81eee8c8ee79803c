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
  /** Total time: from `SendingTerms.startedMs` to the last byte of the response. */
  readonly timeoutMs: number
}

/** Limits of a request that depend on the moment of sending. */
export interface SendingTerms {
  /**
   * Monotonic instant from which the timeout counts: when the caller last confirmed that the request may be sent. Absent: the time of the
   * call.
   */
  readonly startedMs?: number
  /**
   * Called directly before the request is written, in the same tick, because a process can be frozen at any instruction before that. Called
   * again before the request is written a second time. False: nothing is written. Absent: always true.
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
   * Whether the request was written again, because a kept-alive connection closed before any byte of a response. The receiver may have got
   * the request twice.
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
