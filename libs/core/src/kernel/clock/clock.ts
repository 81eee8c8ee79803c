/** Time as the process sees it. Durations and deadlines use `monotonicMs` only; `wallMs` is for what people read. */
export interface Time {
  /** Milliseconds since an arbitrary start; never goes back, goes on while the process is frozen. */
  monotonicMs(): number
  /** Milliseconds since 1970 UTC; may step. */
  wallMs(): number
}

/** Time, and what is to be done in it: the only timers of code that also runs in simulated time. */
export interface Clock extends Time {
  /** Runs it once, when so many milliseconds have passed (24 days at most). Returns what takes it back. */
  after(delayMs: number, run: () => void): () => void
  /** Runs it once, when the present turn and all that it has caused at once are over. */
  defer(run: () => void): void
}
