import { pause, type Clock } from '@hooklane/core/kernel'
import type { OpenStream, RecordRef } from '@hooklane/core/lane'

export interface PredecessorGateOptions {
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>
  /** Returns the unsettled streams that the given apps left behind when they were deleted. */
  readonly openStreams: (appIds: readonly string[]) => Promise<readonly OpenStream[]>
  /** Called after each reply of `openStreams`: the first deliveries that were held back must be checked again. */
  readonly onOpened: () => void
  /** Called when an app has waited too long for the worker group of its predecessor. */
  readonly onOverdue: (stream: OpenStream) => void
  readonly onFailure: (error: unknown) => void
}

interface Waiting {
  readonly epoch: number
  readonly workerGroup: string
  alarmMs: number
}

/**
 * Holds back the first deliveries of an app that was deleted and created again in another worker group, until the deliveries of its
 * predecessor are settled in the old group. Two groups must never have requests to one app in flight at once. Within one group the lane
 * itself prevents that.
 *
 * An app's first stream of deliveries has epoch 1; each time the app is created again, the next epoch begins. The gate asks the database
 * once per app and epoch, and again while an earlier stream has unsettled deliveries. It never asks about an app in epoch 1.
 */
export class PredecessorGate {
  /** App → the highest epoch whose deliveries may start. */
  private readonly opened = new Map<string, number>()
  private readonly waiting = new Map<string, Waiting>()
  private isAsking = false

  constructor(private readonly options: PredecessorGateOptions) {}

  /** Whether all deliveries of the app's earlier epochs are settled, as far as this process knows. */
  isOpen({ appId, streamEpoch }: RecordRef, workerGroup: string): boolean {
    if (streamEpoch === 1 || streamEpoch <= this.openedUpTo(appId)) return true
    const alarmMs = this.waiting.get(appId)?.alarmMs ?? this.options.clock.monotonicMs() + OVERDUE_MS
    this.waiting.set(appId, { epoch: streamEpoch, workerGroup, alarmMs })
    if (!this.isAsking) void this.ask()
    return false
  }

  /** The first epoch has no predecessor. */
  private openedUpTo(appId: string): number {
    return this.opened.get(appId) ?? 1
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
    // Order matters: there is no `await` between the last check of `waiting` and this line, so an app that waits later starts a new loop.
    this.isAsking = false
  }

  private judge(appId: string, waiting: Waiting, open: readonly OpenStream[]): void {
    const predecessor = open.find(
      (stream) => stream.appId === appId && stream.epoch < waiting.epoch && stream.workerGroup !== waiting.workerGroup,
    )
    if (!predecessor) {
      this.opened.set(appId, Math.max(waiting.epoch, this.openedUpTo(appId)))
      if (this.waiting.get(appId)?.epoch === waiting.epoch) this.waiting.delete(appId)
      return
    }
    const nowMs = this.options.clock.monotonicMs()
    if (nowMs < waiting.alarmMs) return
    waiting.alarmMs = nowMs + OVERDUE_MS
    this.options.onOverdue(predecessor)
  }
}

/** Pause between two questions to the database. Too low: load on Postgres. Too high: an app that was created again waits longer. */
const ASK_AGAIN_MS = 250
/** Wait before an alarm. A predecessor's last attempt takes half a minute at most; a longer wait means that its group is not served. */
const OVERDUE_MS = 300_000
