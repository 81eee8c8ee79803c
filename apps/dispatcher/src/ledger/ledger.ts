import { AmbiguousWrite, type Clock, type KeepRequest, type LeaseStore, type Licence } from '@hooklane/core'

/** A session as the ledger sees it. */
export interface LedgerEntry {
  /** The position to save now, with a save number of its own; null when this session must not be kept (stale heartbeat, taken away). */
  snapshot(): KeepRequest | null
  /** The lease was extended and the position saved. `sentAtMs` is the instant before the request left. */
  kept(request: KeepRequest, sentAtMs: number): void
  /** Somebody else holds the partition. */
  fenced(): void
}

export interface LedgerOptions {
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
export class Ledger {
  private readonly entries = new Set<LedgerEntry>()
  private running: Promise<void> | null = null
  /** Counts the calls of `save`. */
  private asked = 0
  private timer: NodeJS.Timeout | null = null
  private slowTimer: NodeJS.Timeout | null = null

  constructor(private readonly options: LedgerOptions) {}

  start(): void {
    this.timer = setInterval(() => void this.save(), this.options.saveIntervalMs)
  }

  /** Ends the loop after the save that is out. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
    await this.running
  }

  add(entry: LedgerEntry): void {
    this.entries.add(entry)
  }

  remove(entry: LedgerEntry): void {
    this.entries.delete(entry)
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
    const taken: { entry: LedgerEntry; request: KeepRequest }[] = []
    for (const entry of this.entries) {
      const request = entry.snapshot()
      if (request) taken.push({ entry, request })
    }
    if (taken.length === 0) return
    const sentAtMs = this.options.clock.monotonicMs()
    this.slowTimer = setTimeout(() => this.options.onStoreUp(false), SLOW_SAVE_MS)
    let kept: ReadonlySet<Licence>
    try {
      kept = new Set(
        await this.options.store.keep(
          taken.map((one) => one.request),
          this.options.leaseTtlMs,
        ),
      )
    } catch (error) {
      this.options.onStoreUp(false)
      this.options.onFailure(error as Error)
      return
    } finally {
      clearTimeout(this.slowTimer)
    }
    this.options.onStoreUp(true)
    for (const { entry, request } of taken) {
      if (!this.entries.has(entry)) continue
      if (kept.has(request.licence)) entry.kept(request, sentAtMs)
      else entry.fenced()
    }
  }
}

/** No answer for this long: nothing new is attempted, because it could not be recorded. */
const SLOW_SAVE_MS = 2_000
