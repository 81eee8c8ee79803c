import { processTimers } from '@hooklane/core/kernel'
import type { Blocker, OnWaiting } from './blocker.js'

/** How long a statement may take before it is asked for whom it waits. Too low: connections for nothing. Too high: an unexplained silence. */
const FIRST_LOOK_MS = 2_000
/** The pauses between looks grow to this one. Too low: connections to a busy server. Too high: the report is out of date. */
const MAX_PAUSE_MS = 15_000

export interface WatchOptions {
  /** What may wait. */
  readonly work: string
  /** Must not throw. The signal aborts when the work has ended. */
  readonly readBlockers: (signal: AbortSignal) => Promise<readonly Blocker[]>
  readonly onWaiting: OnWaiting
}

/** Looks for whom the work waits, until the returned function is called. */
export function watchBlockers({ work, readBlockers, onWaiting }: WatchOptions): () => void {
  const ended = new AbortController()
  let isReported = false
  let pauseMs = FIRST_LOOK_MS
  const report = (blockers: readonly Blocker[]): void => {
    if (blockers.length > 0 || isReported) onWaiting(work, blockers)
    isReported = blockers.length > 0
  }
  const look = async (): Promise<void> => {
    const blockers = await readBlockers(ended.signal)
    // The work ended meanwhile. It has reported that already.
    if (ended.signal.aborted) return
    report(blockers)
    pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
    cancel = processTimers.after(pauseMs, () => void look())
  }
  let cancel = processTimers.after(pauseMs, () => void look())
  return () => {
    ended.abort()
    cancel()
    report([])
  }
}
