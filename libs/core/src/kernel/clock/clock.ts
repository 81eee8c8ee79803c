/** Time as the process sees it. Durations and deadlines use `monotonicMs` only; `wallMs` is for what people read. */
export interface Time {
  /** Milliseconds since an arbitrary start; never goes back, and continues while the process is frozen. */
  monotonicMs(): number
  /** Milliseconds since 1970 UTC; may jump forwards or backwards. */
  wallMs(): number
}

/** Time and timers. Code that also runs in simulated time uses only these timers. */
export interface Clock extends Time {
  /** Calls `run` once, after `delayMs` milliseconds (24 days at most). Returns a function that cancels the call. */
  after(delayMs: number, run: () => void): () => void
  /** Calls `run` once, after the current task of the event loop and all its microtasks. */
  defer(run: () => void): void
}
