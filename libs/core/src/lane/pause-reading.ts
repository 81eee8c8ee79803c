import type { Turn } from './turn.js'

/**
 * Pauses reading of the main partition while the process's payload memory is full, or while the spread (the distance from the lowest offset
 * that is not done to the next offset to read) is too large (D12.4). Resumes reading after that.
 */
export function pauseReading({ session, nowMs, out }: Turn): void {
  if (session.phase !== 'running') return
  const { spread } = session.offsets
  const max = Number(session.settings.spreadMax)
  if (session.spreadAtLimitSinceMs === null) {
    if (spread >= max) session.spreadAtLimitSinceMs = nowMs
  } else if (spread <= max * RESUME_SHARE) {
    session.spreadAtLimitSinceMs = null
    session.isSpreadAlarmed = false
  } else if (!session.isSpreadAlarmed && nowMs - session.spreadAtLimitSinceMs > SPREAD_ALARM_MS) {
    session.isSpreadAlarmed = true
    out.push({
      type: 'alarm',
      kind: 'spread',
      detail: `reading of the partition is paused: the record at offset ${session.offsets.low} is not settled yet`,
    })
  }
  const pause = session.isPayloadMemoryFull || session.spreadAtLimitSinceMs !== null
  if (pause === session.isMainPaused) return
  session.isMainPaused = pause
  out.push({ type: pause ? 'pauseReading' : 'resumeReading', kind: 'main' })
}

/**
 * Share of the maximum spread at which reading resumes. Too high: reading pauses and resumes with every record. Too low: lanes have nothing
 * to attempt until reading resumes.
 */
const RESUME_SHARE = 0.75
/** How long the spread must stay too large before an alarm is raised. Too low: an alarm for a receiver that is slow once. */
const SPREAD_ALARM_MS = 60_000
