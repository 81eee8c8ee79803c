import { AmbiguousWrite, type LaneStore, type LeaseStore } from '@hooklane/core/lane'
import type { World } from './world.js'

/** The statement timeouts of a dispatcher's pools. */
const LEASE_TIMEOUT_MS = 3_000
const LANE_TIMEOUT_MS = 5_000

/** The process that sends the statements. */
interface AskingProcess {
  readonly world: World
  /** Until this instant, no statement of the process reaches the database. */
  readonly cutOffUntilMs: number
  later(delayMs: number, run: () => void): void
}

/** The database, as one process reaches it: statements may be slow, and statements or their results may be lost. */
export class SimulatedStores {
  readonly leases: LeaseStore
  readonly lanes: LaneStore

  constructor(private readonly process: AskingProcess) {
    const { world } = process
    this.leases = {
      grant: ({ partition, owner }) => this.ask(LEASE_TIMEOUT_MS, () => world.grant(partition, owner)),
      keep: (requests) => this.ask(LEASE_TIMEOUT_MS, () => world.keep(requests)),
      release: (token) => this.ask(LEASE_TIMEOUT_MS, () => world.leases.releaseNow(token)),
    }
    this.lanes = {
      load: (workerGroup, partition) => this.ask(LANE_TIMEOUT_MS, () => world.lanes.loadNow(workerGroup, partition)),
      save: (token, row, endedEpoch = null) => this.ask(LANE_TIMEOUT_MS, () => world.saveLane(token, row, endedEpoch)),
      delete: (token, app) => this.ask(LANE_TIMEOUT_MS, () => world.deleteLane(token, app)),
      openStreams: () => Promise.resolve([]),
    }
  }

  /**
   * Sends a statement now. The statement takes effect when it reaches the database, and its result may arrive later or never. When the
   * result does not arrive in time, rejects with `AmbiguousWrite`, whether or not the statement took effect.
   */
  private ask<T>(timeoutMs: number, statement: () => T): Promise<T> {
    const { process } = this
    const { dice, schedule, knobs } = process.world
    const isCalm = schedule.nowMs > knobs.stormMs
    const isCut = schedule.nowMs < process.cutOffUntilMs
    const isSlow = !isCalm && dice.chance(knobs.slowSql)
    const isLost = !isCalm && dice.chance(knobs.lostSql)
    const landsInMs = isSlow ? dice.between(500, 6_000) : dice.between(1, 15)
    const backMs = dice.between(1, 10)
    return new Promise((resolve, reject) => {
      let isSettled = false
      const answer = (settle: () => void, afterMs: number) =>
        process.later(afterMs, () => {
          // Returns before `settle` creates the timeout error, which is expensive and rarely needed.
          if (isSettled) return
          isSettled = true
          schedule.promiseSettled()
          settle()
        })
      answer(() => reject(new AmbiguousWrite('a statement')), timeoutMs)
      if (isCut || (isLost && dice.chance(0.5))) return
      schedule.after(landsInMs, () => {
        const value = statement()
        if (!isLost) answer(() => resolve(value), backMs)
      })
    })
  }
}
