import type { PartitionOffsets } from '@hooklane/core'
import {
  openSession,
  type Clock,
  type Effect,
  type Grant,
  type LaneSettings,
  type LaneStore,
  type LeaseStore,
} from '@hooklane/core'
import type { Logger } from '@hooklane/observability'
import type { AttemptDetail, AttemptExecutor } from '../attempts/attempt-executor.js'
import {
  attemptRecord,
  deadLetterRecord,
  settlementRecord,
  statusAfter,
  type RecordScope,
} from '../attempts/attempt-records.js'
import type { Publisher } from '../attempts/publisher.js'
import type { ConfigurationGate } from '../configuration/configuration-gate.js'
import type { GroupWorker } from '../groups/group-worker.js'
import type { Ledger } from '../ledger/ledger.js'
import type { DispatcherMetrics } from '../metrics.js'
import { LaneSession } from './lane-session.js'

type PublishEffect = Extract<Effect, { type: 'publishAttempt' | 'publishSettlement' | 'publishDeadLetter' }>

export interface SessionFactoryOptions {
  readonly clock: Clock
  readonly leaseStore: LeaseStore
  readonly laneStore: LaneStore
  readonly ledger: Ledger
  readonly gate: ConfigurationGate
  readonly executor: AttemptExecutor
  readonly publisher: Publisher
  readonly metrics: DispatcherMetrics
  readonly logger: Logger
  readonly topicPrefix: string
  readonly leaseTtlMs: number
  readonly sessionTimeoutMs: number
  readonly lanes: LaneSettings
}

/** Makes the sessions of all partitions, binds their effects, and tells all of them what concerns the whole process. */
export class SessionFactory {
  private readonly sessions = new Set<LaneSession>()
  private isStoreUp = true

  constructor(private readonly options: SessionFactoryOptions) {}

  /** Reads the lane rows of a partition that was just granted, and opens its session. */
  async open(grant: Grant, deadlineMs: number, offsets: PartitionOffsets, worker: GroupWorker): Promise<LaneSession> {
    const { laneStore, clock, leaseStore, ledger, leaseTtlMs, gate, executor, metrics, logger } = this.options
    const { workerGroup, partition } = grant.licence
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
      settings: this.options.lanes,
    })
    const session = new LaneSession(grant.licence, state, deadlineMs, {
      clock,
      leaseStore,
      laneStore,
      ledger,
      leaseTtlMs,
      prepare: (record) => gate.verdict(record),
      attempt: (of, effect) => executor.start(of, effect),
      publish: (of, effect) => this.publish(of, effect),
      pauseMain: () => worker.pause(partition),
      resumeMain: () => worker.resume(partition),
      isMember: () => worker.lists(partition) && this.isHeartbeatFresh(worker),
      alarm: ({ kind, appId, detail }) => {
        metrics.alarms.inc({ kind })
        logger.error({ group: workerGroup, partition, appId, detail }, `alarm: ${kind}`)
      },
      onFenced: () => {
        metrics.fenced.inc({ group: workerGroup })
        logger.warn({ group: workerGroup, partition }, 'somebody else holds the lease: the partition is given up')
      },
      onAmbiguous: (error) => {
        metrics.ambiguous.inc({ group: workerGroup })
        logger.warn(
          { error, group: workerGroup, partition },
          'the outcome of a write is unknown: the partition is acquired anew',
        )
      },
    })
    this.sessions.add(session)
    void session.ended.then(() => this.sessions.delete(session))
    if (!this.isStoreUp) session.tell({ type: 'storeUp', value: false })
    return session
  }

  /** Whether progress can be recorded; told to every session when it changes. */
  storeUp(value: boolean): void {
    if (value === this.isStoreUp) return
    this.isStoreUp = value
    for (const session of this.sessions) session.tell({ type: 'storeUp', value })
  }

  /** The lease is kept only while Kafka hears us: else it might give the partition away while we hold on to it. */
  private isHeartbeatFresh(worker: GroupWorker): boolean {
    const last = worker.heartbeatMs()
    return last !== null && this.options.clock.monotonicMs() - last < this.options.sessionTimeoutMs
  }

  private publish(session: LaneSession, effect: PublishEffect): Promise<void> {
    const scope: RecordScope = {
      topicPrefix: this.options.topicPrefix,
      workerGroup: session.licence.workerGroup,
      ownerEpoch: session.licence.epoch,
      wallMs: this.options.clock.wallMs(),
    }
    const isNeeded = () => !session.over
    switch (effect.type) {
      case 'publishAttempt':
        this.logAttempt(effect, scope)
        return this.options.publisher.publish(attemptRecord(effect, scope), isNeeded)
      case 'publishSettlement':
        this.options.metrics.settled.inc({ group: scope.workerGroup, status: effect.status })
        return this.options.publisher.publish(settlementRecord(effect, scope), isNeeded)
      case 'publishDeadLetter':
        this.options.metrics.deadLetters.inc({ group: scope.workerGroup })
        return this.options.publisher.publish(deadLetterRecord(effect, scope), isNeeded)
    }
  }

  /** One wide line per attempt. */
  private logAttempt(effect: Extract<Effect, { type: 'publishAttempt' }>, scope: RecordScope): void {
    const { record, disposition, attempt } = effect
    const { outcome, delivery, startedAtMs, attemptId } = effect.detail as AttemptDetail
    const { metrics, logger } = this.options
    const group = scope.workerGroup
    metrics.attempts.inc({ group, result: outcome.result.kind })
    metrics.attemptSeconds.observe({ group }, outcome.durationMs / 1000)
    if (attempt === 1) {
      metrics.firstAttemptSeconds.observe(
        { group, lane: 'all' },
        Math.max(0, startedAtMs - Date.parse(record.routedAt)) / 1000,
      )
    }
    logger.info(
      {
        deliveryId: record.deliveryId,
        attemptId,
        company: record.companyId,
        app: record.appId,
        subscription: record.subscriptionId,
        group,
        eventId: delivery?.id,
        eventType: delivery?.type,
        entity: delivery ? `${delivery.entity.type}/${delivery.entity.id}` : undefined,
        sequence: String(record.sequence),
        attempt,
        ownerEpoch: String(scope.ownerEpoch),
        result: outcome.result.kind,
        httpStatus: outcome.response?.status,
        errorCode: outcome.error?.code,
        durationMs: Math.round(outcome.durationMs * 10) / 10,
        decision: disposition.kind,
        deliveryStatus: statusAfter(disposition),
        nextInMs: 'delayMs' in disposition ? Math.round(disposition.delayMs) : undefined,
      },
      'attempt',
    )
  }
}
