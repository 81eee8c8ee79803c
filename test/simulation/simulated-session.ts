import {
  openSession,
  type EffectOf,
  type Grant,
  type LaneInput,
  type LaneRow,
  type OutcomeEffect,
  type RecordRef,
  type Verdict,
} from '@hooklane/core/lane'
import {
  PartitionSession,
  leaseCovers,
  type OpenSessions,
  type SessionHandle,
  type SessionPorts,
} from '@hooklane/dispatch'
import type { Ending } from './oracle.js'
import type { SimulatedStores } from './simulated-stores.js'
import { WORKER_GROUP, type World } from './world.js'

/**
 * The minimum time from the end of an attempt to the end of the lease. Under the mutation `noGuard`, neither the lane machine nor the
 * attempt keeps this margin.
 */
const MARGIN_MS = 1_000
const NO_MARGIN_MS = -1e9

/** The process that holds the session. */
interface SessionHost {
  readonly world: World
  readonly clock: SessionPorts<null>['clock']
  readonly stores: Pick<SimulatedStores, 'leases' | 'lanes'>
  readonly renewer: SessionPorts<null>['renewer']
  readonly open: Pick<OpenSessions, 'configurationRead'>
  later(delayMs: number, run: () => void): void
  publish(land: () => void): Promise<void>
  pause(partition: number, session: SessionHandle): void
  resume(partition: number, session: SessionHandle): void
  /** Whether the partition is in the last assignment that the process has learnt. */
  lists(partition: number): boolean
}

interface Opening {
  readonly grant: Grant
  readonly deadlineMs: number
  readonly rows: readonly LaneRow[]
}

/** Opens a session of the shipped code for a granted partition. The simulated world carries out the effects of the session. */
export function openSimulatedSession(process: SessionHost, { grant, deadlineMs, rows }: Opening): SessionHandle {
  const { mutation, schedule } = process.world
  const { token } = grant
  const marginMs = mutation === 'noGuard' ? NO_MARGIN_MS : MARGIN_MS
  const state = openSession({
    workerGroup: WORKER_GROUP,
    partition: token.partition,
    grant: mutation === 'restoredForgotten' ? { ...grant, done: null } : grant,
    rows,
    logStart: 0n,
    nowMs: schedule.nowMs,
    deadlineMs,
    settings: { marginMs, inlineWindowMs: 5_000, spreadMax: 400n, strict: true },
  })
  return new SimulatedSession(process, { grant, deadlineMs, state, marginMs })
}

class SimulatedSession extends PartitionSession<null> {
  constructor(
    private readonly process: SessionHost,
    {
      grant,
      deadlineMs,
      state,
      marginMs,
    }: Omit<Opening, 'rows'> & { readonly state: ReturnType<typeof openSession>; readonly marginMs: number },
  ) {
    super({ token: grant.token, deadlineMs }, state, portsOf(process, grant, marginMs))
  }

  /** Ends the run when the lane machine throws. Otherwise the error could get lost in a promise. */
  override handle(input: LaneInput<null>): void {
    const { world } = this.process
    try {
      super.handle(input)
    } catch (error) {
      world.fail(error)
    }
    if (world.mutation === 'floorAtPosition')
      for (const lane of this.state.withRow) lane.floorOffset = this.state.offsets.low
  }
}

function portsOf(process: SessionHost, { token }: Grant, marginMs: number): SessionPorts<null> {
  const { world, clock, stores, renewer } = process
  const { partition } = token
  return {
    clock,
    leaseStore: stores.leases,
    laneStore: stores.lanes,
    renewer,
    leaseTtlMs: world.knobs.leaseMs,
    prepare: (record) => verdictOn(record, process),
    attempt: (session, effect) => new Attempt(process, { session, effect, marginMs }).start(),
    publish: (_session, effect) => process.publish(() => world.logLanded(effect.record, endingOf(effect))),
    pauseReading: (session) => process.pause(partition, session),
    resumeReading: (session) => process.resume(partition, session),
    isMember: () => process.lists(partition),
    alarm: ({ kind, detail }) => {
      if (kind !== 'spread') world.fail(new Error(`alarm ${kind}: ${detail}`))
    },
    onFenced: () => undefined,
    onAmbiguous: () => undefined,
  }
}

function verdictOn(record: RecordRef, process: SessionHost): Verdict {
  const { world } = process
  if (world.dice.chance(0.01)) {
    process.later(400, () => process.open.configurationRead())
    return { kind: 'notYet' }
  }
  if (world.isFiltered(record)) return { kind: 'settle', status: 'filtered', reason: 'deleted' }
  return { kind: 'send', policy: world.policyOf(record.appId) }
}

/**
 * One attempt, in the steps of the shipped executor and sender. Checks the lease before it renders the request, and again immediately
 * before it writes the request.
 */
class Attempt {
  constructor(
    private readonly process: SessionHost,
    private readonly what: {
      readonly session: PartitionSession<null>
      readonly effect: EffectOf<'attempt'>
      readonly marginMs: number
    },
  ) {}

  start(): void {
    const { dice } = this.process.world
    // First the attempt waits for a permit.
    this.process.later(dice.between(0, 5), () => {
      if (!this.isAllowed()) return this.notStarted()
      const startedMs = this.process.world.schedule.nowMs
      // Then the request is rendered and a connection is opened.
      this.process.later(this.process.world.receivers.connectMs(), () => this.write(startedMs))
    })
  }

  private write(startedMs: number): void {
    const { world } = this.process
    const { session, effect } = this.what
    const { appId, sequence } = effect.record
    const policy = world.policyOf(appId)
    const untilMs = startedMs + policy.timeoutMs
    const isUnchecked = world.mutation === 'noLastCheck' || world.mutation === 'noGuard'
    if (!isUnchecked && !this.covers(untilMs)) return this.notStarted()
    const leftMs = isUnchecked ? policy.timeoutMs : untilMs - world.schedule.nowMs
    const { durationMs, result } =
      leftMs > 0 ? world.receivers.request(effect, leftMs) : { durationMs: 0, result: { kind: 'timedOut' as const } }
    const jitter = world.dice.between(-1, 1)
    this.process.later(durationMs, () =>
      session.handle({ type: 'attemptEnded', appId, sequence, startedMs, result, policy, jitter, detail: null }),
    )
  }

  private isAllowed(): boolean {
    const { world } = this.process
    const { session, effect } = this.what
    const { timeoutMs } = world.policyOf(effect.record.appId)
    if (world.mutation === 'noGuard') return !session.over
    return session.state.phase === 'running' && this.covers(world.schedule.nowMs + timeoutMs)
  }

  private covers(untilMs: number): boolean {
    return leaseCovers(this.what.session, untilMs, this.what.marginMs)
  }

  private notStarted(): void {
    const { appId, sequence } = this.what.effect.record
    this.what.session.handle({ type: 'attemptNotStarted', appId, sequence })
  }
}

function endingOf(effect: OutcomeEffect): Ending | null {
  if (effect.type === 'publishDeadLetter') return 'deadLettered'
  if (effect.type === 'publishSettledUnsent') return 'filtered'
  if (effect.disposition.kind === 'delivered') return 'delivered'
  return effect.disposition.kind === 'drop' ? 'dropped' : null
}
