import type { Readiness } from './readiness.js'

export interface Silence {
  /** Name of the silent server, for messages. */
  readonly who: string
  /** Time since the last answer. Null before the first answer; the part itself reports that state. */
  readonly silentMs: number | null
  /** A longer silence counts as an outage. Too low: a busy server counts as unavailable. Too high: an outage is reported late. */
  readonly limitMs: number
}

/**
 * Sets the readiness of a part by whether its server still answers. A client that waits for a server reports no error, however long it
 * waits, so only this function reports the outage.
 */
export function reportSilence(readiness: Readiness, part: string, { who, silentMs, limitMs }: Silence): void {
  if (silentMs === null) return
  if (silentMs <= limitMs) readiness.set(part, true)
  else readiness.set(part, false, `${who} has not answered for ${Math.round(silentMs / 1000)} s`)
}
