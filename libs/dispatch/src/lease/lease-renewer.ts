import { every, type Clock } from '@hooklane/core/kernel'
import { AmbiguousWrite, type KeepRequest, type LeaseStore, type LeaseToken } from '@hooklane/core/lane'

/** A session as the renewer sees it. */
export interface RenewedSession {
  /** The position to save now, with a save number of its own; null when this session must not be kept (stale heartbeat, taken away). */
  snapshot(): KeepRequest | null
  /** The lease was extended and the position saved. `sentAtMs` is the instant before the request left. */
  kept(request: KeepRequest, sentAtMs: number): void
  /** Somebody else holds the partition. */
  fenced(): void
}

export interface LeaseRenewerOptions {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly leaseTtlMs: number
  readonly saveIntervalMs: number
  /** Called when saving starts or stops to work. */
  readonly onStoreUp: (up: boolean) => void
  readonly onFailure: (error: AmbiguousWrite | Error) => void
}

/**
 * Saves leases and positions of all sessions of the process in one statement each second, and never two at a time: an older save that lands
 * after a newer one would take progress back. A save that fails is followed by the next one, because save numbers make a late one lose.
 */
export class LeaseRenewer {
  private readonly sessions = new Set<RenewedSession>()
  private running: Promise<void> | null = null
  /** Counts the calls of `save`. */
  private asked = 0
  private endRounds: () => void = () => undefined

  constructor(private readonly options: LeaseRenewerOptions) {}

  /** Begins the regular rounds. */
  start(): void {
    const { clock, saveIntervalMs } = this.options
    this.endRounds = every(clock, saveIntervalMs, () => void this.save())
  }

  /** Ends the rounds after the save that is out. */
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

  /** Saves as soon as the save that is out has ended; resolves after a save that began after this call. */
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
      // In the tick of the last look at `asked`: who asks later must get a round of his own.
      this.running = null
    }
  }

  private async saveOnce(): Promise<void> {
    const { store, clock, leaseTtlMs, onStoreUp, onFailure } = this.options
    const taken: { session: RenewedSession; request: KeepRequest }[] = []
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

/** No answer for this long: nothing new is attempted, because it could not be recorded. */
const SLOW_SAVE_MS = 2_000
