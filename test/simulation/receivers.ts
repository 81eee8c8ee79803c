import type { EffectOf } from '@hooklane/core/lane'
import type { AttemptResult } from '@hooklane/core/policy'
import type { Knobs } from './knobs.js'
import type { Oracle } from './oracle.js'
import type { Dice, Schedule } from './schedule.js'

/** Simulates one receiver per app, with outages, lost responses and slow responses. */
export class Receivers {
  private readonly outages = new Map<string, { fromMs: number; toMs: number }>()

  constructor(
    private readonly knobs: Knobs,
    private readonly dice: Dice,
    private readonly schedule: Schedule,
    private readonly oracle: Oracle,
    apps: readonly string[],
  ) {
    for (let i = 0; i < 3; i++) {
      const fromMs = dice.between(0, knobs.stormMs)
      this.outages.set(dice.pick(apps), { fromMs, toMs: fromMs + dice.between(5_000, 120_000) })
    }
  }

  /** How long the sender takes to render a request and to open a connection, before it can write the request. */
  connectMs(): number {
    const { dice, schedule, knobs } = this
    const isSlow = schedule.nowMs <= knobs.stormMs && dice.chance(knobs.slowReceivers)
    return isSlow ? dice.between(50, 2_000) : dice.between(0, 5)
  }

  /** Sends a request now. Its result is known after `durationMs`, even if the sender no longer waits for it. */
  request(
    effect: EffectOf<'attempt'>,
    timeoutMs: number,
  ): { readonly durationMs: number; readonly result: AttemptResult } {
    const { dice, schedule } = this
    const { record } = effect
    const isCalm = schedule.nowMs > this.knobs.stormMs
    const isSlow = !isCalm && dice.chance(this.knobs.slowReceivers)
    const latencyMs = isSlow ? dice.between(0.3, 1.3) * timeoutMs : dice.between(5, 200)
    const answer = this.answer(record.appId, isCalm)
    const isLost = latencyMs >= timeoutMs || (answer.kind === 'accepted' && !isCalm && dice.chance(0.03))
    const durationMs = isLost ? timeoutMs : latencyMs
    this.oracle.requestStarted(effect, schedule.nowMs, schedule.nowMs + durationMs)
    if (answer.kind === 'accepted') {
      // The receiver has read the request at the latest when the sender gives up.
      schedule.after(Math.min(latencyMs, durationMs), () => this.oracle.accepted(effect))
    }
    return { durationMs, result: isLost ? { kind: 'timedOut' } : answer }
  }

  private answer(appId: string, isCalm: boolean): AttemptResult {
    const { dice } = this
    const outage = this.outages.get(appId)
    const { nowMs } = this.schedule
    if (outage && nowMs >= outage.fromMs && nowMs < outage.toMs) {
      return { kind: 'unreachable', status: 503, code: 'http_503' }
    }
    if (isCalm) return { kind: 'accepted', status: 200 }
    if (dice.chance(0.03)) return { kind: 'unreachable', status: null, code: 'reset' }
    if (dice.chance(0.02)) return { kind: 'rejected', status: 422 }
    if (dice.chance(0.01)) return { kind: 'throttled', status: 429, retryAfterMs: dice.between(0, 15_000) }
    return { kind: 'accepted', status: 200 }
  }
}
