import { pause, type Clock } from '@hooklane/core/kernel'
import type { OpenStream, RecordRef } from '@hooklane/core/lane'

export interface PredecessorGateOptions {
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>
  /** Streams of deleted apps whose end is not known yet, of the given apps. */
  readonly openStreams: (appIds: readonly string[]) => Promise<readonly OpenStream[]>
  /** Something has opened: heads that were held back are asked about again. */
  readonly onOpened: () => void
  /** An app waits for long for the worker group of its predecessor. */
  readonly onOverdue: (stream: OpenStream) => void
  readonly onFailure: (error: unknown) => void
}

interface Waiting {
  readonly epoch: number
  readonly workerGroup: string
  alarmMs: number
}

/**
 * Holds back the first deliveries of an app that was made again in another worker group, until the deliveries of its predecessor are settled there:
 * two groups must never have a request to one app in flight at once. Within one group the lane itself sees to that.
 *
 * Asks the database once per app and epoch, and again while something is open. Apps that were never deleted (epoch 1) are not asked about.
 */
export class PredecessorGate {
  /** Highest epoch of an app that may start. */
  private readonly opened = new Map<string, number>()
  private readonly waiting = new Map<string, Waiting>()
  private isAsking = false

  constructor(private readonly options: PredecessorGateOptions) {}

  /** Whether everything of the app's epochs before the record's is settled, as far as this process knows by now. */
  isOpen({ appId, streamEpoch }: RecordRef, workerGroup: string): boolean {
    if (streamEpoch === 1 || (this.opened.get(appId) ?? 1) >= streamEpoch) return true
    const alarmMs = this.waiting.get(appId)?.alarmMs ?? this.options.clock.monotonicMs() + OVERDUE_MS
    this.waiting.set(appId, { epoch: streamEpoch, workerGroup, alarmMs })
    if (!this.isAsking) void this.ask()
    return false
  }

  private async ask(): Promise<void> {
    this.isAsking = true
    while (this.waiting.size > 0) {
      const asked = [...this.waiting]
      try {
        const open = await this.options.openStreams(asked.map(([appId]) => appId))
        for (const [appId, waiting] of asked) this.judge(appId, waiting, open)
        this.options.onOpened()
      } catch (error) {
        this.options.onFailure(error)
      }
      if (this.waiting.size > 0) await pause(this.options.clock, ASK_AGAIN_MS)
    }
    // In the tick of the last look at `waiting`: what waits later must find nobody asking.
    this.isAsking = false
  }

  private judge(appId: string, waiting: Waiting, open: readonly OpenStream[]): void {
    const before = open.find(
      (stream) => stream.appId === appId && stream.epoch < waiting.epoch && stream.workerGroup !== waiting.workerGroup,
    )
    if (!before) {
      this.opened.set(appId, Math.max(waiting.epoch, this.opened.get(appId) ?? 1))
      if (this.waiting.get(appId)?.epoch === waiting.epoch) this.waiting.delete(appId)
      return
    }
    const nowMs = this.options.clock.monotonicMs()
    if (nowMs < waiting.alarmMs) return
    waiting.alarmMs = nowMs + OVERDUE_MS
    this.options.onOverdue(before)
  }
}

/** Lower: load on Postgres. Higher: an app that was made again waits longer. */
const ASK_AGAIN_MS = 250
/** A predecessor's last attempt lasts half a minute at most; longer means that nobody serves its group. */
const OVERDUE_MS = 300_000
