import type { EndedStreamConfiguration } from '@hooklane/contracts/records'
import type { LaneInput } from '@hooklane/core/lane'
import type { PartitionSession } from './partition-session.js'

/** All sessions of the process; passes on what concerns every one of them. */
export class OpenSessions {
  private readonly sessions = new Set<PartitionSession>()
  private isStoreUp = true

  add(session: PartitionSession): void {
    this.sessions.add(session)
    void session.ended.then(() => this.sessions.delete(session))
    if (!this.isStoreUp) session.handle({ type: 'storeUp', value: false })
  }

  /** Passes on whether progress can be recorded, when that changes. */
  setStoreUp(value: boolean): void {
    if (value === this.isStoreUp) return
    this.isStoreUp = value
    this.handle({ type: 'storeUp', value })
  }

  /** Heads that were newer than the configuration are prepared again. */
  configurationRead(): void {
    this.handle({ type: 'configurationRead' })
  }

  /** An app was deleted. */
  streamEnded({ appId, epoch, workerGroup }: EndedStreamConfiguration): void {
    for (const session of this.sessions) {
      if (session.token.workerGroup === workerGroup) session.handle({ type: 'appDeleted', appId, epoch })
    }
  }

  private handle(input: LaneInput): void {
    for (const session of this.sessions) session.handle(input)
  }
}
