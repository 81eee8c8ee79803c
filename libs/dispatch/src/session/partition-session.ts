import { assertNever, type Clock } from '@hooklane/core/kernel'
import {
  step,
  type Effect,
  type EffectOf,
  type LaneInput,
  type RenewRequest,
  type LaneStore,
  type LeaseStore,
  type LeaseToken,
  type OutcomeEffect,
  type PartitionKind,
  type RecordRef,
  type Session,
  type Verdict,
} from '@hooklane/core/lane'
import type { LeaseRenewer, RenewedSession } from '../lease/lease-renewer.js'
import type { SessionHandle } from './session-handle.js'

/** The functions that carry out the session's effects. `Detail`: what `attempt` knows of an attempt in addition to its result. */
export interface SessionPorts<Detail> {
  readonly clock: Clock
  readonly leaseStore: LeaseStore
  readonly laneStore: LaneStore
  readonly renewer: Pick<LeaseRenewer, 'add' | 'remove' | 'save'>
  readonly leaseTtlMs: number
  /** Returns whether the record at the head of a lane may be sent now, according to its subscription. */
  readonly prepare: (record: RecordRef) => Verdict
  /** Sends the request and replies with `attemptEnded`, or replies with `attemptNotStarted` if the request must not be sent. */
  readonly attempt: (session: PartitionSession<Detail>, effect: EffectOf<'attempt'>) => void
  /** Resolves when the log has the record; keeps trying until then. Never rejects. */
  readonly publish: (session: SessionHandle, effect: OutcomeEffect<Detail>) => Promise<void>
  /** Pausing and resuming do nothing if another session reads the partition by now, such as the successor of this session. */
  readonly pauseReading: (session: SessionHandle, kind: PartitionKind) => void
  readonly resumeReading: (session: SessionHandle, kind: PartitionKind) => void
  /** Whether Kafka still lists the partition for us and answers our heartbeats. */
  readonly isMember: () => boolean
  readonly alarm: (effect: EffectOf<'alarm'>) => void
  readonly onFenced: (operation: StoreOperation) => void
  readonly onAmbiguous: (operation: StoreOperation, error: unknown) => void
}

/** The lease under which a session runs. */
export interface HeldLease {
  readonly token: LeaseToken
  /** The instant (monotonic) at which all requests must have ended. */
  readonly deadlineMs: number
}

export type StoreOperation = 'keep' | 'lane' | 'release'

/**
 * Runs the lane machine (`step`) of one owned partition: passes inputs to it, and carries out the effects that it returns. One input is
 * handled at a time; inputs that arise from its effects wait until all its effects are carried out. After `abandon`, no effects are carried
 * out any more, and replies that still arrive are ignored.
 */
export class PartitionSession<Detail> implements RenewedSession, SessionHandle {
  readonly token: LeaseToken
  readonly ended: Promise<void>
  deadlineMs: number
  private readonly inbox: LaneInput<Detail>[] = []
  private isHandling = false
  private isOver = false
  private isSnapshotting = false
  private cancelWake: () => void = () => undefined
  private wakeAtMs = Number.POSITIVE_INFINITY
  private lastSnapshot: RenewRequest | null = null
  private resolveEnded: () => void = () => undefined

  constructor(
    { token, deadlineMs }: HeldLease,
    private readonly session: Session,
    private readonly ports: SessionPorts<Detail>,
  ) {
    this.token = token
    this.deadlineMs = deadlineMs
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve
    })
    ports.renewer.add(this)
  }

  get over(): boolean {
    return this.isOver
  }

  get state(): Readonly<Session> {
    return this.session
  }

  handle(input: LaneInput<Detail>): void {
    if (this.isOver) return
    this.inbox.push(input)
    if (this.isHandling) return
    this.isHandling = true
    try {
      for (let next = this.inbox.shift(); next && !this.over; next = this.inbox.shift()) this.advance(next)
    } finally {
      this.isHandling = false
      this.inbox.length = 0
    }
  }

  // — the renewer's side —

  /**
   * While the session stops, Kafka may have assigned the partition to another process. The lease is still ours, and the last position must
   * be saved under it.
   */
  snapshot(): RenewRequest | null {
    const isStopping = this.session.phase !== 'running'
    if (this.isOver || (!isStopping && !this.ports.isMember())) return null
    this.lastSnapshot = null
    this.isSnapshotting = true
    this.handle({ type: 'saveDue' })
    this.isSnapshotting = false
    return this.lastSnapshot
  }

  kept(request: RenewRequest, sentAtMs: number): void {
    this.deadlineMs = sentAtMs + this.ports.leaseTtlMs
    this.handle({ type: 'leaseRenewed', deadlineMs: this.deadlineMs })
    this.handle({ type: 'positionSaved', saveNo: request.saveNo, mainOffset: request.mainOffset })
  }

  fenced(operation: StoreOperation = 'keep'): void {
    if (this.isOver) return
    this.ports.onFenced(operation)
    this.handle({ type: 'fenced' })
  }

  // — inputs and effects —

  private advance(input: LaneInput<Detail>): void {
    const nowMs = this.ports.clock.monotonicMs()
    // Adds `nowMs` to the input itself, because nothing else uses the input, and copies would cost several allocations per delivery.
    for (const effect of step(this.session, Object.assign(input, { nowMs }))) this.carryOut(effect)
  }

  private carryOut(effect: Effect<Detail>): void {
    switch (effect.type) {
      case 'prepare':
        return this.handle({
          type: 'prepared',
          appId: effect.record.appId,
          sequence: effect.record.sequence,
          verdict: this.ports.prepare(effect.record),
        })
      case 'attempt':
        return this.ports.attempt(this, effect)
      case 'saveLane':
        return this.reportWrite(
          { type: 'laneSaved', appId: effect.row.appId, saveId: effect.saveId },
          this.ports.laneStore.save(this.token, effect.row, effect.endedEpoch),
        )
      case 'deleteLane':
        return this.reportWrite(
          { type: 'laneDeleted', appId: effect.appId, saveId: effect.saveId },
          this.ports.laneStore.delete(this.token, effect),
        )
      case 'publishAttempt':
      case 'publishSettledUnsent':
      case 'publishDeadLetter':
        return void this.ports
          .publish(this, effect)
          .then(() => this.handle({ type: 'published', publishId: effect.publishId }))
      case 'savePosition':
        return this.savePosition(effect)
      case 'pauseReading':
        return this.ports.pauseReading(this, effect.kind)
      case 'resumeReading':
        return this.ports.resumeReading(this, effect.kind)
      case 'wakeAt':
        return this.wakeAt(effect.atMs)
      case 'alarm':
        return this.ports.alarm(effect)
      case 'abandon':
        return this.abandon(effect.release)
      default:
        return assertNever(effect)
    }
  }

  /**
   * Gives the position to the renewer if the renewer has asked for it (`snapshot`). The renewer does not ask for the last position of a
   * session, so this method then starts a save.
   */
  private savePosition(effect: EffectOf<'savePosition'>): void {
    this.lastSnapshot = {
      token: this.token,
      mainOffset: effect.mainOffset,
      done: effect.done,
      saveNo: effect.saveNo,
    }
    // In a later tick, because a save asks every session for its snapshot, including this one.
    if (!this.isSnapshotting) this.ports.clock.defer(() => void this.ports.renewer.save())
  }

  /** @param done the input when the row was written */
  private reportWrite(done: LaneInput, outcome: Promise<'done' | 'fenced'>): void {
    outcome.then(
      (answer) => {
        if (answer === 'done') return this.handle(done)
        this.fenced('lane')
      },
      (error: unknown) => {
        if (!this.isOver) this.ports.onAmbiguous('lane', error)
        this.handle({ type: 'ambiguous' })
      },
    )
  }

  private wakeAt(atMs: number): void {
    if (atMs >= this.wakeAtMs) return
    this.cancelWake()
    this.wakeAtMs = atMs
    const { clock } = this.ports
    const inMs = Math.min(Math.max(atMs - clock.monotonicMs(), 0), MAX_WAIT_MS)
    this.cancelWake = clock.after(inMs, () => {
      this.wakeAtMs = Number.POSITIVE_INFINITY
      this.handle({ type: 'tick' })
    })
  }

  private abandon(release: boolean): void {
    this.isOver = true
    this.cancelWake()
    this.ports.renewer.remove(this)
    this.ports.pauseReading(this, 'main')
    const released = release ? this.ports.leaseStore.release(this.token) : Promise.resolve()
    // If the release fails, the next owner waits for the end of the lease, and nothing else is lost.
    void released.catch((error: unknown) => this.ports.onAmbiguous('release', error)).then(() => this.resolveEnded())
  }
}

/** A clock cannot wait for longer than 24 days. A day is enough, because early ticks are harmless. */
const MAX_WAIT_MS = 86_400_000
