import type { EndedStreamConfiguration } from '@hooklane/contracts'
import {
  openSession,
  type Clock,
  type Effect,
  type Grant,
  type LaneSettings,
  type LaneStore,
  type LeaseStore,
  type Licence,
  type OutgoingRecord,
  type PartitionOffsets,
  type RecordRef,
  type Verdict,
} from '@hooklane/core'
import { withoutRedaction, type Logger } from '@hooklane/observability'
import type { AttemptDetail, AttemptExecutor } from '../attempts/attempt-executor.js'
import {
  attemptRecord,
  deadLetterRecord,
  settlementRecord,
  statusAfter,
  type RecordScope,
} from '../attempts/attempt-records.js'
import { Gathering } from '../attempts/gathering.js'
import type { Publisher } from '../attempts/publisher.js'
import type { ConfigurationGate } from '../configuration/configuration-gate.js'
import type { PredecessorGate } from '../configuration/predecessor-gate.js'
import type { GroupWorker } from '../groups/group-worker.js'
import type { Ledger } from '../ledger/ledger.js'
import type { DispatcherMetrics } from '../metrics.js'
import { LaneSession, type SessionPorts, type StoreOperation } from './lane-session.js'
import type { OpenSessions } from './open-sessions.js'

type PublishEffect = Extract<Effect, { type: 'publishAttempt' | 'publishSettlement' | 'publishDeadLetter' }>

/** What waits to be published, and since when. */
interface Published {
  readonly session: LaneSession
  readonly effect: PublishEffect
  readonly wallMs: number
  readonly resolve: () => void
}

/**
 * Records of attempts wait so long for each other. No request waits for them: only positions, rows of failing lanes and dead letters do. Lower: more
 * requests to Kafka, each dearer than the delivery. Higher: more copies after a crash.
 */
const PUBLISH_EVERY_MS = 20

export interface SessionFactoryOptions {
  readonly clock: Clock
  readonly leaseStore: LeaseStore
  readonly laneStore: LaneStore
  readonly ledger: Ledger
  readonly open: OpenSessions
  readonly gate: ConfigurationGate
  readonly predecessors: PredecessorGate
  readonly endedStreams: () => readonly EndedStreamConfiguration[]
  readonly executor: AttemptExecutor
  readonly publisher: Publisher
  readonly metrics: DispatcherMetrics
  readonly logger: Logger
  readonly topicPrefix: string
  readonly leaseTtlMs: number
  readonly sessionTimeoutMs: number
  readonly lanes: LaneSettings
}

/** Makes the sessions of all partitions and binds their effects. */
export class SessionFactory {
  /** Apps of a session that have failed since it began, or had before: their latency says nothing about isolation. */
  private readonly failed = new WeakMap<LaneSession, Set<string>>()

  private readonly attemptLogger: Logger
  private readonly published = new Gathering<Published>(PUBLISH_EVERY_MS, (one) => this.publishNow(one))

  constructor(private readonly options: SessionFactoryOptions) {
    this.attemptLogger = withoutRedaction(options.logger)
  }

  /** Reads the lane rows of a partition that was just granted, and opens its session. */
  async open(grant: Grant, deadlineMs: number, offsets: PartitionOffsets, worker: GroupWorker): Promise<LaneSession> {
    const { laneStore, clock, lanes } = this.options
    const { licence } = grant
    const { workerGroup, partition } = licence
    const rows = await laneStore.load(workerGroup, partition)
    const nowMs = clock.monotonicMs()
    const state = openSession({
      workerGroup,
      partition,
      grant,
      rows,
      logStart: offsets.low,
      nowMs,
      deadlineMs,
      settings: lanes,
    })
    const session = new LaneSession(licence, state, deadlineMs, this.portsOf(licence, worker))
    this.failed.set(session, new Set(rows.map((row) => row.appId)))
    this.options.open.add(session)
    this.tellEnded(session)
    return session
  }

  /** Lanes of apps that were deleted before this process had their rows. */
  private tellEnded(session: LaneSession): void {
    for (const { appId, epoch, workerGroup } of this.options.endedStreams()) {
      if (workerGroup === session.licence.workerGroup) session.tell({ type: 'appDeleted', appId, epoch })
    }
  }

  private verdictOf(record: RecordRef, workerGroup: string): Verdict {
    const { gate, predecessors } = this.options
    const verdict = gate.verdict(record)
    return verdict.kind === 'send' && !predecessors.isOpen(record, workerGroup) ? BEHIND : verdict
  }

  private portsOf({ workerGroup, partition }: Licence, worker: GroupWorker): SessionPorts {
    const { clock, leaseStore, laneStore, ledger, leaseTtlMs, executor, metrics, logger } = this.options
    return {
      clock,
      leaseStore,
      laneStore,
      ledger,
      leaseTtlMs,
      prepare: (record) => this.verdictOf(record, workerGroup),
      attempt: (session, effect) => executor.start(session, effect),
      publish: (session, effect) => this.publish(session, effect),
      pauseMain: (session) => worker.pause(partition, session),
      resumeMain: (session) => worker.resume(partition, session),
      isMember: () => worker.lists(partition) && this.isHeartbeatFresh(worker),
      alarm: ({ kind, appId, detail }) => {
        metrics.alarms.inc({ kind })
        logger.error({ group: workerGroup, partition, app: appId, detail }, `alarm: ${kind}`)
      },
      onFenced: (operation) => {
        metrics.fenced.inc({ group: workerGroup, op: operation })
        logger.warn(
          { group: workerGroup, partition, operation },
          'somebody else holds the lease: the partition is given up',
        )
      },
      onAmbiguous: (operation, error) => {
        metrics.ambiguous.inc({ op: operation })
        logger.warn({ error, group: workerGroup, partition, operation }, AMBIGUOUS[operation])
      },
    }
  }

  /** The lease is kept only while Kafka hears us: else it might give the partition away while we hold on to it. */
  private isHeartbeatFresh(worker: GroupWorker): boolean {
    const last = worker.heartbeatMs()
    return last !== null && this.options.clock.monotonicMs() - last < this.options.sessionTimeoutMs
  }

  /** Order matters: of all kinds alike, because they must stand in the log in the order in which they happened. */
  private publish(session: LaneSession, effect: PublishEffect): Promise<void> {
    const wallMs = this.options.clock.wallMs()
    return new Promise((resolve) => this.published.add({ session, effect, wallMs, resolve }))
  }

  private publishNow({ session, effect, wallMs, resolve }: Published): void {
    const scope: RecordScope = {
      topicPrefix: this.options.topicPrefix,
      workerGroup: session.licence.workerGroup,
      ownerEpoch: session.licence.epoch,
      wallMs,
    }
    const record = this.recordOf(session, effect, scope)
    void this.options.publisher.publish(record, () => !session.over).then(resolve)
  }

  private recordOf(session: LaneSession, effect: PublishEffect, scope: RecordScope): OutgoingRecord {
    switch (effect.type) {
      case 'publishAttempt':
        this.logAttempt(session, effect, scope)
        return attemptRecord(effect, scope)
      case 'publishSettlement':
        this.options.metrics.settled.inc({ group: scope.workerGroup, status: effect.status })
        return settlementRecord(effect, scope)
      case 'publishDeadLetter':
        this.options.metrics.deadLetters.inc({ group: scope.workerGroup })
        return deadLetterRecord(effect, scope)
    }
  }

  /** One wide line per attempt. */
  private logAttempt(
    session: LaneSession,
    effect: Extract<Effect, { type: 'publishAttempt' }>,
    scope: RecordScope,
  ): void {
    const { record, disposition, attempt } = effect
    const { outcome, event, attemptId } = effect.detail as AttemptDetail
    const group = scope.workerGroup
    this.measure(session, effect, group)
    this.attemptLogger.info(
      {
        deliveryId: record.deliveryId,
        attemptId,
        company: record.companyId,
        app: record.appId,
        partition: session.licence.partition,
        offset: String(record.offset),
        subscription: record.subscriptionId,
        group,
        eventId: event?.id,
        eventType: event?.type,
        entity: event ? `${event.entity.type}/${event.entity.id}` : undefined,
        sequence: String(record.sequence),
        attempt,
        ownerEpoch: String(scope.ownerEpoch),
        result: outcome.result.kind,
        httpStatus: outcome.response?.status,
        errorCode: outcome.error?.code,
        durationMs: Math.round(outcome.durationMs * 10) / 10,
        resent: outcome.isResent || undefined,
        decision: disposition.kind,
        deliveryStatus: statusAfter(disposition),
        nextInMs: 'delayMs' in disposition ? Math.round(disposition.delayMs) : undefined,
      },
      'attempt',
    )
  }

  private measure(session: LaneSession, effect: Extract<Effect, { type: 'publishAttempt' }>, group: string): void {
    const { record, attempt, disposition } = effect
    const { outcome, startedAtMs } = effect.detail as AttemptDetail
    const { metrics } = this.options
    const failed = this.failed.get(session)
    metrics.attempts.inc({ group, result: outcome.result.kind })
    metrics.attemptSeconds.observe({ group }, outcome.durationMs / 1000)
    if (attempt === 1) {
      const lane = failed?.has(record.appId) ? 'other' : 'never_failed'
      const waitedMs = Math.max(0, startedAtMs - Date.parse(record.routedAt))
      metrics.firstAttemptSeconds.observe({ group, lane }, waitedMs / 1000)
    }
    if (disposition.kind !== 'delivered') failed?.add(record.appId)
  }
}

const BEHIND: Verdict = { kind: 'behind' }

const AMBIGUOUS: Readonly<Record<StoreOperation, string>> = {
  keep: 'it is not known whether leases and positions were saved',
  lane: 'it is not known whether a row was written: the partition is acquired anew',
  release: 'a lease could not be released: it has to lapse',
}
