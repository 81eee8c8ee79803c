import type { EndedStreamConfiguration } from '@hooklane/contracts/records'
import type { Happening } from '@hooklane/core/lane'
import type { LaneSession } from './lane-session.js'

/** All sessions of the process, for what concerns every one of them. */
export class OpenSessions {
  private readonly sessions = new Set<LaneSession>()
  private isStoreUp = true

  add(session: LaneSession): void {
    this.sessions.add(session)
    void session.ended.then(() => this.sessions.delete(session))
    if (!this.isStoreUp) session.tell({ type: 'storeUp', value: false })
  }

  /** Whether progress can be recorded; told when it changes. */
  storeUp(value: boolean): void {
    if (value === this.isStoreUp) return
    this.isStoreUp = value
    this.tell({ type: 'storeUp', value })
  }

  /** Heads that were ahead of the configuration are asked about again. */
  configurationRead(): void {
    this.tell({ type: 'configurationRead' })
  }

  /** An app was deleted. */
  streamEnded({ appId, epoch, workerGroup }: EndedStreamConfiguration): void {
    for (const session of this.sessions) {
      if (session.token.workerGroup === workerGroup) session.tell({ type: 'appDeleted', appId, epoch })
    }
  }

  private tell(happening: Happening): void {
    for (const session of this.sessions) session.tell(happening)
  }
}
