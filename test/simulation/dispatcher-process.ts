import { DispatcherSession } from './dispatcher-session.js'
import { openSession, type Grant, type KeepRequest } from '@hooklane/core'
import { WORKER_GROUP, type Answer, type World } from './world.js'

/** A read of the database is asked for again after this long; a renewal is given up. */
const SQL_TIMEOUT_MS = 3_000
const SLOW_SAVE_MS = 2_000

/** One dispatcher process: believes what it was told of the assignment, keeps its leases, and runs the shipped step. Frozen: everything due waits. */
export class DispatcherProcess {
  readonly sessions = new Map<number, DispatcherSession>()
  isAlive = true
  frozenUntilMs = 0
  cutOffUntilMs = 0
  private believed = new Set<number>()
  private readonly acquiring = new Set<number>()
  private generation = 0
  private savesInFlight = 0
  private isSaveWanted = false
  private owners = 0

  constructor(
    readonly name: string,
    readonly world: World,
  ) {
    this.later(world.dice.between(0, 1_000), () => this.saveEachSecond())
    this.later(world.dice.between(0, 1_000), () => this.readConfiguration())
  }

  /** Runs in this process: not after a crash, and only after a freeze. */
  later(delayMs: number, run: () => void): void {
    const { schedule } = this.world
    const attempt = (): void => {
      if (!this.isAlive) return
      if (schedule.nowMs < this.frozenUntilMs) schedule.at(this.frozenUntilMs, attempt)
      else run()
    }
    schedule.after(delayMs, attempt)
  }

  /** The group has (re)assigned partitions. */
  learn(assigned: ReadonlySet<number>, generation: number): void {
    if (generation <= this.generation) return
    this.generation = generation
    for (const partition of this.believed) {
      if (!assigned.has(partition)) this.sessions.get(partition)?.stop()
    }
    this.believed = new Set(assigned)
    for (const partition of assigned) this.acquire(partition)
  }

  believes(partition: number): boolean {
    return this.believed.has(partition)
  }

  /**
   * A statement: leaves now, takes effect when it lands, is answered later, or not. What is lost or too slow is ambiguous for the one who asked,
   * whether it lands or not.
   */
  sql<T>(timeoutMs: number, statement: () => T, then: (answer: Answer<T>) => void): void {
    const { dice, schedule, knobs } = this.world
    const isCalm = schedule.nowMs > knobs.stormMs
    const isCut = schedule.nowMs < this.cutOffUntilMs
    const isSlow = !isCalm && dice.chance(knobs.slowSql)
    const isLost = !isCalm && dice.chance(knobs.lostSql)
    const landsInMs = isSlow ? dice.between(500, 6_000) : dice.between(1, 15)
    const backMs = dice.between(1, 10)
    let isAnswered = false
    const answer = (value: Answer<T>): void => {
      if (isAnswered) return
      isAnswered = true
      then(value)
    }
    this.later(timeoutMs, () => answer({ kind: 'ambiguous' }))
    if (isCut || (isLost && dice.chance(0.5))) return
    schedule.after(landsInMs, () => {
      const value = statement()
      if (!isLost) this.later(backMs, () => answer({ kind: 'answered', value }))
    })
  }

  /** A record for the log: sent again until it is acknowledged. */
  publish(land: () => void, acknowledged: () => void): void {
    const { dice, schedule, mutation } = this.world
    if (mutation === 'ackBeforeLanding') {
      this.later(0, acknowledged)
      return this.later(dice.between(2, 40), land)
    }
    if (dice.chance(0.03)) return this.later(2_000, () => this.publish(land, acknowledged))
    schedule.after(dice.between(2, 40), land)
    const backMs = dice.between(2, 40) + 40
    this.later(dice.chance(0.05) ? backMs + 3_000 : backMs, acknowledged)
  }

  save(): void {
    if (this.savesInFlight > 0 && this.world.mutation !== 'positionRace') {
      this.isSaveWanted = true
      return
    }
    const requests: KeepRequest[] = []
    for (const session of this.sessions.values()) {
      const request = session.snapshot()
      if (request) requests.push(request)
    }
    if (requests.length > 0) this.keep(requests)
  }

  private keep(requests: readonly KeepRequest[]): void {
    const sentAtMs = this.world.schedule.nowMs
    let isOut = true
    this.savesInFlight += 1
    this.later(SLOW_SAVE_MS, () => {
      if (isOut) this.storeUp(false)
    })
    this.sql(
      SQL_TIMEOUT_MS,
      () => this.world.keep(requests),
      (answer) => {
        isOut = false
        this.savesInFlight -= 1
        this.storeUp(answer.kind === 'answered')
        for (const request of answer.kind === 'answered' ? requests : []) {
          const session = this.sessions.get(request.licence.partition)
          if (session?.licence !== request.licence) continue
          const isKept = answer.kind === 'answered' && answer.value.includes(request.licence)
          if (isKept) session.kept(request, sentAtMs + this.world.knobs.leaseMs)
          else session.tell({ type: 'fenced' })
        }
        if (this.isSaveWanted) {
          this.isSaveWanted = false
          this.save()
        }
      },
    )
  }

  private storeUp(value: boolean): void {
    for (const session of [...this.sessions.values()]) session.tell({ type: 'storeUp', value })
  }

  private saveEachSecond(): void {
    this.save()
    this.later(1_000, () => this.saveEachSecond())
  }

  /** Which apps were deleted: told again and again, as new sessions must hear of it too. */
  private readConfiguration(): void {
    for (const [appId, epoch] of this.world.deletions()) {
      for (const session of [...this.sessions.values()]) session.tell({ type: 'appDeleted', appId, epoch })
    }
    this.later(1_000, () => this.readConfiguration())
  }

  private acquire(partition: number): void {
    if (this.sessions.has(partition) || this.acquiring.has(partition)) return
    this.acquiring.add(partition)
    const again = (): void => {
      this.acquiring.delete(partition)
      this.later(500, () => {
        if (this.believes(partition)) this.acquire(partition)
      })
    }
    const owner = `${this.name}-${this.owners++}`
    const sentAtMs = this.world.schedule.nowMs
    this.sql(
      SQL_TIMEOUT_MS,
      () => this.world.grant(partition, owner),
      (answer) => {
        if (answer.kind === 'ambiguous' || !answer.value) again()
        else this.takeOver(answer.value, sentAtMs + this.world.knobs.leaseMs, again)
      },
    )
  }

  private takeOver(grant: Grant, deadlineMs: number, again: () => void): void {
    const { partition } = grant.licence
    this.sql(
      SQL_TIMEOUT_MS,
      () => this.world.lanes.loadNow(WORKER_GROUP, partition),
      (answer) => {
        if (answer.kind === 'ambiguous') {
          this.release(grant.licence)
          return again()
        }
        this.acquiring.delete(partition)
        const isUnguarded = this.world.mutation === 'noGuard'
        const isForgetful = this.world.mutation === 'restoredForgotten'
        const state = openSession({
          workerGroup: WORKER_GROUP,
          partition,
          grant: isForgetful ? { ...grant, done: null } : grant,
          rows: answer.value,
          logStart: 0n,
          nowMs: this.world.schedule.nowMs,
          deadlineMs,
          settings: { marginMs: isUnguarded ? -1e9 : 1_000, inlineWindowMs: 5_000, spreadMax: 400n, strict: true },
        })
        const session = new DispatcherSession(this, grant.licence, state)
        this.sessions.set(partition, session)
        if (this.believes(partition)) session.poll()
        else session.stop()
      },
    )
  }

  release(licence: Grant['licence']): void {
    this.sql(
      SQL_TIMEOUT_MS,
      () => this.world.leases.releaseNow(licence),
      () => undefined,
    )
  }

  /** The session is over; what is still ours is acquired anew, with nothing kept in memory. */
  ended(session: DispatcherSession, release: boolean): void {
    const { partition } = session.licence
    this.sessions.delete(partition)
    if (release) this.release(session.licence)
    this.later(release ? 50 : 500, () => {
      if (this.believes(partition)) this.acquire(partition)
    })
  }
}
