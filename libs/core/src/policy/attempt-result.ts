/** The result of one request to a receiver. A receiver's failure is a value, never an exception. */
export type AttemptResult =
  | { readonly kind: 'accepted'; readonly status: number }
  /** The receiver answered and refused: 3xx, 4xx (except 408, 410, 425, 429), or a 2xx that the policy does not name. */
  | { readonly kind: 'rejected'; readonly status: number }
  /** Status 410. */
  | { readonly kind: 'gone'; readonly status: number }
  /** 429 or 503 with `Retry-After`: the lane is deferred and no attempt is spent. */
  | { readonly kind: 'throttled'; readonly status: number; readonly retryAfterMs: number }
  | { readonly kind: 'timedOut' }
  /**
   * Status 408, 425, 429 or 5xx (429 and 503 only without a readable `Retry-After`), a network, DNS or TLS failure, or a blocked address.
   */
  | { readonly kind: 'unreachable'; readonly status: number | null; readonly code: string }
  /** The delivery cannot be made into a request: it cannot be rendered, or it is too large. */
  | { readonly kind: 'notSendable'; readonly code: string }

/** What happens to the delivery next. Decided by `decideDisposition` alone. */
export type Disposition =
  | { readonly kind: 'delivered' }
  /** The next attempt is due `delayMs` from now. */
  | { readonly kind: 'retry'; readonly delayMs: number }
  /** As `retry`, but no attempt was spent. */
  | { readonly kind: 'defer'; readonly delayMs: number }
  | { readonly kind: 'deadLetter'; readonly reason: string }
  | { readonly kind: 'drop'; readonly reason: string }
  /** Retried at the schedule's last interval until a person acts. */
  | { readonly kind: 'block'; readonly delayMs: number; readonly reason: string }
