/** Time as the process sees it. Durations and deadlines use `monotonicMs` only; `wallMs` is for what people read. */
export interface Time {
  /** Milliseconds since an arbitrary start; never goes back, goes on while the process is frozen. */
  monotonicMs(): number
  /** Milliseconds since 1970 UTC; may step. */
  wallMs(): number
}

/** Time, and timers. Code that also runs in simulated time uses no other timers. */
export interface Clock extends Time {
  /** Calls `run` once, after `delayMs` milliseconds (24 days at most). Returns a function that cancels the call. */
  after(delayMs: number, run: () => void): () => void
  /** Calls `run` once, after the present turn and all its microtasks. */
  defer(run: () => void): void
}
