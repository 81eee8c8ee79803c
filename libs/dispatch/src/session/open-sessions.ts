import type { EndedStreamConfiguration } from '@hooklane/contracts/records'
import type { LaneInput } from '@hooklane/core/lane'
import type { SessionHandle } from './session-handle.js'

/** All sessions of the process. Passes on inputs that concern more than one of them. */
export class OpenSessions {
  private readonly sessions = new Set<SessionHandle>()
  private isStoreUp = true

  add(session: SessionHandle): void {
    this.sessions.add(session)
    void session.ended.then(() => this.sessions.delete(session))
    if (!this.isStoreUp) session.handle({ type: 'storeUp', value: false })
  }

  /** Reports whether leases and positions can be saved from now on. */
  setStoreUp(isUp: boolean): void {
    if (isUp === this.isStoreUp) return
    this.isStoreUp = isUp
    this.handle({ type: 'storeUp', value: isUp })
  }

  /**
   * Reports that more of the configuration was read, or that the stream of a deleted predecessor of an app was settled. Lanes that waited
   * for this (`notYet`) try again.
   */
  configurationRead(): void {
    this.handle({ type: 'configurationRead' })
  }

  /** Reports that an app was deleted. */
  streamEnded({ appId, epoch, workerGroup }: EndedStreamConfiguration): void {
    for (const session of this.sessions) {
      if (session.token.workerGroup === workerGroup) session.handle({ type: 'appDeleted', appId, epoch })
    }
  }

  private handle(input: LaneInput): void {
    for (const session of this.sessions) session.handle(input)
  }
}
