import type { Blocker, OnWaiting } from './blocker.js'

/** How long a statement may take before it is asked for whom it waits. Too low: connections for nothing. Too high: an unexplained silence. */
const FIRST_LOOK_MS = 2_000
/** The pauses between looks grow to this one. Too low: connections to a busy server. Too high: the report is out of date. */
const MAX_PAUSE_MS = 15_000

export interface WatchOptions {
  /** What may wait. */
  readonly work: string
  /** Must not throw. */
  readonly readBlockers: () => Promise<readonly Blocker[]>
  readonly onWaiting: OnWaiting
}

/** Looks for whom the work waits, until the returned function is called. */
export function watchBlockers({ work, readBlockers, onWaiting }: WatchOptions): () => void {
  let isEnded = false
  let isReported = false
  let pauseMs = FIRST_LOOK_MS
  const report = (blockers: readonly Blocker[]): void => {
    if (blockers.length > 0 || isReported) onWaiting(work, blockers)
    isReported = blockers.length > 0
  }
  const look = async (): Promise<void> => {
    const blockers = await readBlockers()
    // The work ended meanwhile. It has reported that already.
    if (isEnded) return
    report(blockers)
    pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
    timer = setTimeout(() => void look(), pauseMs)
  }
  let timer = setTimeout(() => void look(), pauseMs)
  return () => {
    isEnded = true
    clearTimeout(timer)
    report([])
  }
}
