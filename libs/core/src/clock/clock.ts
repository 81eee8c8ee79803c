/** Time as the process sees it. Durations and deadlines use `monotonicMs` only; `wallMs` is for what people read. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back, goes on while the process is frozen. */
  monotonicMs(): number
  /** Milliseconds since 1970 UTC; may step. */
  wallMs(): number
}
