import {
  assertNever,
  step,
  type Effect,
  type EffectOf,
  type Input,
  type KeepRequest,
  type LaneRecord,
  type Licence,
  type Session,
} from '@hooklane/core'
import type { DispatcherProcess } from './dispatcher-process.js'
import type { Ending } from './oracle.js'

export type Happening = Input extends infer I ? (I extends unknown ? Omit<I, 'nowMs'> : never) : never

const LANE_SQL_TIMEOUT_MS = 5_000
const BATCH = 20

/** Carries the machine's effects out in the simulated world. */
export class DispatcherSession {
  private isOver = false
  private isReading = true
  private isLastSaveAsked = false
  private snapshotted: KeepRequest | null = null

  constructor(
    private readonly process: DispatcherProcess,
    readonly licence: Licence,
    private readonly state: Session,
  ) {}

  tell(happening: Happening): void {
    if (this.isOver) return
    const nowMs = this.process.world.schedule.nowMs
    for (const effect of step(this.state, { ...happening, nowMs })) this.carryOut(effect)
    if (this.process.world.mutation === 'floorAtPosition') {
      for (const lane of this.state.withRow) lane.floorOffset = this.state.offsets.low
    }
  }

  stop(): void {
    if (this.process.world.mutation === 'releaseEarly') this.process.release(this.licence)
    this.tell({ type: 'stop', reason: 'revoked' })
  }

  snapshot(): KeepRequest | null {
    this.snapshotted = null
    this.tell({ type: 'saveDue' })
    return this.snapshotted
  }

  kept(request: KeepRequest, deadlineMs: number): void {
    this.tell({ type: 'leaseKept', deadlineMs })
    this.tell({ type: 'positionSaved', saveNo: request.saveNo, mainOffset: request.mainOffset })
  }

  /** Fetches on and on, from where the session stands. */
  poll(): void {
    const { dice, logs, mutation } = this.process.world
    this.process.later(dice.between(20, 300), () => {
      if (this.isOver) return
      const { next } = this.state.offsets
      const log = logs[this.licence.partition]!
      const records = this.isReading ? log.filter((record) => record.offset >= next).slice(0, BATCH) : []
      const last = records.at(-1)
      if (last) {
        if (mutation === 'endAtRead') this.endAtRead(records)
        this.tell({ type: 'recordsRead', records, endOffset: last.offset + 1n })
        if (mutation === 'doneAtRead') for (const record of records) this.state.offsets.done(record.offset)
      }
      this.poll()
    })
  }

  private endAtRead(records: readonly LaneRecord[]): void {
    for (const { kind, appId, streamEpoch } of records)
      if (kind === 'ended') this.process.world.endStream(appId, streamEpoch)
  }

  private carryOut(effect: Effect): void {
    const { process } = this
    switch (effect.type) {
      case 'prepare':
        return this.prepare(effect)
      case 'attempt':
        return process.later(process.world.dice.between(0, 5), () => this.attempt(effect))
      case 'saveLane': {
        const { saveId, row, endedEpoch } = effect
        const written =
          process.world.mutation === 'floorAtPosition' ? { ...row, floorOffset: this.state.offsets.low } : row
        return this.write('laneSaved', row.appId, saveId, () =>
          process.world.saveLane(this.licence, written, endedEpoch),
        )
      }
      case 'deleteLane': {
        const { saveId, appId } = effect
        return this.write('laneDeleted', appId, saveId, () => process.world.deleteLane(this.licence, effect))
      }
      case 'publishAttempt':
      case 'publishSettlement':
      case 'publishDeadLetter': {
        const ending = endingOf(effect)
        return process.publish(
          () => process.world.logLanded(effect.record, ending),
          () => this.tell({ type: 'published', publishId: effect.publishId }),
        )
      }
      case 'savePosition':
        this.snapshotted = { licence: this.licence, ...effect }
        // The last one does not wait for the second to pass.
        if (this.state.phase === 'saving' && !this.isLastSaveAsked) {
          this.isLastSaveAsked = true
          process.later(0, () => process.save())
        }
        return
      case 'pauseMain':
      case 'resumeMain':
        this.isReading = effect.type === 'resumeMain'
        return
      case 'wakeAt':
        return process.later(effect.atMs - process.world.schedule.nowMs, () => this.tell({ type: 'tick' }))
      case 'alarm':
        if (effect.kind === 'spread') return
        throw new Error(`alarm ${effect.kind}: ${effect.detail}`)
      case 'abandon':
        this.isOver = true
        return process.ended(this, effect.release)
      default:
        return assertNever(effect)
    }
  }

  private prepare({ record }: EffectOf<'prepare'>): void {
    const { world } = this.process
    const { appId, sequence } = record
    if (world.dice.chance(0.01)) {
      this.process.later(400, () => this.tell({ type: 'configurationRead' }))
      return this.tell({ type: 'prepared', appId, sequence, verdict: { kind: 'behind' } })
    }
    if (world.isFiltered(record)) {
      const verdict = { kind: 'settle', status: 'filtered', reason: 'deleted' } as const
      return this.tell({ type: 'prepared', appId, sequence, verdict })
    }
    this.tell({ type: 'prepared', appId, sequence, verdict: { kind: 'send', policy: world.policyOf(appId) } })
  }

  private attempt(effect: EffectOf<'attempt'>): void {
    const { world } = this.process
    const { appId, sequence } = effect.record
    const policy = world.policyOf(appId)
    const startedMs = world.schedule.nowMs
    if (this.isOver) return
    if (startedMs + policy.timeoutMs + this.state.settings.marginMs > this.state.deadlineMs) {
      return this.tell({ type: 'attemptNotStarted', appId, sequence })
    }
    const { durationMs, result } = world.receivers.request(effect, policy.timeoutMs)
    const jitter = world.dice.between(-1, 1)
    this.process.later(durationMs, () =>
      this.tell({ type: 'attemptEnded', appId, sequence, startedMs, result, policy, jitter, detail: null }),
    )
  }

  private write(
    type: 'laneSaved' | 'laneDeleted',
    appId: string,
    saveId: number,
    statement: () => 'done' | 'fenced',
  ): void {
    this.process.sql(LANE_SQL_TIMEOUT_MS, statement, (answer) => {
      if (answer.kind === 'ambiguous') this.tell({ type: 'ambiguous' })
      else if (answer.value === 'fenced') this.tell({ type: 'fenced' })
      else this.tell({ type, appId, saveId })
    })
  }
}

function endingOf(effect: EffectOf<'publishAttempt' | 'publishSettlement' | 'publishDeadLetter'>): Ending | null {
  if (effect.type === 'publishDeadLetter') return 'deadLettered'
  if (effect.type === 'publishSettlement') return 'filtered'
  if (effect.disposition.kind === 'delivered') return 'delivered'
  return effect.disposition.kind === 'drop' ? 'dropped' : null
}
