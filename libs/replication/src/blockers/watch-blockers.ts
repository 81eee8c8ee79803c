import { processTimers } from '@hooklane/core/kernel'
import type { Blocker, OnWaiting } from './blocker.js'

/**
 * How long work may take before its blockers are read for the first time. Too low: each short wait opens another connection. Too high:
 * Hooklane waits for long without reporting why.
 */
const FIRST_LOOK_MS = 2_000
/**
 * The longest pause between two reads of the blockers; the pause doubles after each read. Too low: more connections to a busy server. Too
 * high: the reported blockers are out of date.
 */
const MAX_PAUSE_MS = 15_000

export interface WatchOptions {
  /** Name of the work that may wait, for `onWaiting`. */
  readonly work: string
  /** Must not throw. The signal aborts when the work has ended. */
  readonly readBlockers: (signal: AbortSignal) => Promise<readonly Blocker[]>
  readonly onWaiting: OnWaiting
}

/** Reports the blockers of the work until the returned function is called. */
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
    // The work ended while the blockers were read. Its end is reported already.
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
