import type { EndedStreamConfiguration } from '@hooklane/contracts/records'
import type { Happening } from '@hooklane/core/lane'
import type { LaneSession } from './lane-session.js'

/** All sessions of the process; passes on what concerns every one of them. */
export class OpenSessions {
  private readonly sessions = new Set<LaneSession>()
  private isStoreUp = true

  add(session: LaneSession): void {
    this.sessions.add(session)
    void session.ended.then(() => this.sessions.delete(session))
    if (!this.isStoreUp) session.handle({ type: 'storeUp', value: false })
  }

  /** Passes on whether progress can be recorded, when that changes. */
  storeUp(value: boolean): void {
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

  private handle(happening: Happening): void {
    for (const session of this.sessions) session.handle(happening)
  }
}
