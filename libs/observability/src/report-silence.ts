import type { Readiness } from './readiness.js'

export interface Silence {
  /** Who is silent, as people call it. */
  readonly who: string
  /** Since the last answer; null: there was none yet, and the part says so by itself. */
  readonly silentMs: number | null
  /** Longer means absence. Too low: a busy server counts as gone. Too high: nobody hears of an outage. */
  readonly limitMs: number
}

/**
 * Says of a part whether its server still answers. A client that waits for a server reports no error, however long it waits: nobody else
 * would say so.
 */
export function reportSilence(readiness: Readiness, part: string, { who, silentMs, limitMs }: Silence): void {
  if (silentMs === null) return
  if (silentMs <= limitMs) readiness.set(part, true)
  else readiness.set(part, false, `${who} has not answered for ${Math.round(silentMs / 1000)} s`)
}
