import { every, type Clock } from '@hooklane/core/kernel'
import { AmbiguousWrite, type RenewRequest, type LeaseStore, type LeaseToken } from '@hooklane/core/lane'

/** The part of a session that the renewer uses. */
export interface RenewedSession {
  /**
   * Returns the position to save now, with a new save number; null when the lease must not be renewed (no heartbeat, or the partition was
   * taken away).
   */
  snapshot(): RenewRequest | null
  /** Called when the lease was extended and the position saved. `sentAtMs` is the instant before the request was sent. */
  kept(request: RenewRequest, sentAtMs: number): void
  /** Called when the lease token is no longer valid. */
  fenced(): void
}

export interface LeaseRenewerOptions {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly leaseTtlMs: number
  readonly saveIntervalMs: number
  /** Called after each save with whether it succeeded, and with false as soon as a save takes too long. */
  readonly onStoreUp: (up: boolean) => void
  readonly onFailure: (error: AmbiguousWrite | Error) => void
}

/**
 * Renews the leases and saves the positions of all sessions of the process, in one statement every `saveIntervalMs`. Only one save is in
 * flight at a time, because an older save that is written after a newer one would undo progress. After a failed save the next one may
 * start: if the failed save is written late after all, the database ignores it because of its lower save number.
 */
export class LeaseRenewer {
  private readonly sessions = new Set<RenewedSession>()
  private running: Promise<void> | null = null
  /** Counts the calls of `save`. */
  private asked = 0
  private endRounds: () => void = () => undefined

  constructor(private readonly options: LeaseRenewerOptions) {}

  /** Starts to save every `saveIntervalMs`. */
  start(): void {
    const { clock, saveIntervalMs } = this.options
    this.endRounds = every(clock, saveIntervalMs, () => void this.save())
  }

  /** Stops saving. Resolves when the save in flight has ended. */
  async stop(): Promise<void> {
    this.endRounds()
    await this.running
  }

  add(session: RenewedSession): void {
    this.sessions.add(session)
  }

  remove(session: RenewedSession): void {
    this.sessions.delete(session)
  }

  /** Saves as soon as the save in flight has ended. Resolves after a save that started after this call. */
  save(): Promise<void> {
    this.asked += 1
    this.running ??= this.loop()
    return this.running
  }

  private async loop(): Promise<void> {
    try {
      let answered: number
      do {
        answered = this.asked
        await this.saveOnce()
      } while (this.asked > answered)
    } finally {
      // Order matters: this runs in the same tick as the last comparison of `asked`, so a later call of `save` starts a new loop.
      this.running = null
    }
  }

  private async saveOnce(): Promise<void> {
    const { store, clock, leaseTtlMs, onStoreUp, onFailure } = this.options
    const taken: { session: RenewedSession; request: RenewRequest }[] = []
    for (const session of this.sessions) {
      const request = session.snapshot()
      if (request) taken.push({ session, request })
    }
    if (taken.length === 0) return
    const sentAtMs = clock.monotonicMs()
    const cancelSlow = clock.after(SLOW_SAVE_MS, () => onStoreUp(false))
    let kept: ReadonlySet<LeaseToken>
    try {
      kept = new Set(
        await store.keep(
          taken.map((one) => one.request),
          leaseTtlMs,
        ),
      )
    } catch (error) {
      onStoreUp(false)
      onFailure(error as Error)
      return
    } finally {
      cancelSlow()
    }
    onStoreUp(true)
    for (const { session, request } of taken) {
      if (!this.sessions.has(session)) continue
      if (kept.has(request.token)) session.kept(request, sentAtMs)
      else session.fenced()
    }
  }
}

/** When a save takes longer, sessions start no new attempts, because the results could not be saved. */
const SLOW_SAVE_MS = 2_000
