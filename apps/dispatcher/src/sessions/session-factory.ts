import type { EndedStreamConfiguration } from '@hooklane/contracts/records'
import type { Clock } from '@hooklane/core/kernel'
import {
  openSession,
  type Grant,
  type LaneSettings,
  type LaneStore,
  type LeaseStore,
  type LeaseToken,
  type PartitionKind,
  type RecordRef,
  type Verdict,
} from '@hooklane/core/lane'
import {
  PartitionSession,
  type LeaseRenewer,
  type OpenSessions,
  type SessionHandle,
  type SessionPorts,
  type StoreOperation,
} from '@hooklane/dispatch'
import type { Logger } from '@hooklane/observability'
import type { AttemptDetail, AttemptExecutor } from '../attempts/attempt-executor.js'
import type { ConfigurationGate } from '../configuration/configuration-gate.js'
import type { PredecessorGate } from '../configuration/predecessor-gate.js'
import type { DispatcherMetrics } from '../metrics.js'
import type { OutcomeReporter } from '../outcomes/outcome-reporter.js'

/** What sessions need from the consumer of their worker group. */
export interface SessionReader {
  /** Whether the partition is in the current assignment of this process. */
  lists(partition: number): boolean
  /** When Kafka last answered a heartbeat (monotonic clock); null before the first answer. */
  heartbeatMs(): number | null
  /** `pause` and `resume` are ignored when another session reads the partition now. */
  pause(session: SessionHandle, kind: PartitionKind): void
  resume(session: SessionHandle, kind: PartitionKind): void
}

export interface SessionFactoryOptions {
  readonly clock: Clock
  readonly leaseStore: LeaseStore
  readonly laneStore: LaneStore
  readonly renewer: LeaseRenewer
  readonly open: OpenSessions
  readonly gate: ConfigurationGate
  readonly predecessors: PredecessorGate
  readonly endedStreams: () => readonly EndedStreamConfiguration[]
  readonly executor: AttemptExecutor
  readonly outcomes: OutcomeReporter
  readonly metrics: DispatcherMetrics
  readonly logger: Logger
  readonly leaseTtlMs: number
  readonly sessionTimeoutMs: number
  readonly lanes: LaneSettings
}

/** A partition whose lease was just granted. */
export interface GrantedPartition {
  readonly grant: Grant
  /** Until when requests may be in flight (monotonic clock). */
  readonly deadlineMs: number
  /** The first offset of the partition that Kafka still has. */
  readonly logStart: bigint
}

/** Makes the sessions of all partitions, and binds their effects to the adapters. */
export class SessionFactory {
  constructor(private readonly options: SessionFactoryOptions) {}

  /** Reads the lane rows of a partition whose lease was just granted, and opens its session. */
  async open({ grant, deadlineMs, logStart }: GrantedPartition, reader: SessionReader): Promise<SessionHandle> {
    const { laneStore, clock, lanes, outcomes, open } = this.options
    const { token } = grant
    const { workerGroup, partition } = token
    const rows = await laneStore.load(workerGroup, partition)
    const nowMs = clock.monotonicMs()
    const state = openSession({
      workerGroup,
      partition,
      grant,
      rows,
      logStart,
      nowMs,
      deadlineMs,
      settings: lanes,
    })
    const session = new PartitionSession({ token, deadlineMs }, state, this.portsOf(token, reader))
    const failing = rows.map((row) => row.appId)
    outcomes.opened(session, failing)
    open.add(session)
    this.handleEndedStreams(session)
    return session
  }

  /** Tells the session about apps that were deleted before this process read their lane rows. */
  private handleEndedStreams(session: SessionHandle): void {
    for (const { appId, epoch, workerGroup } of this.options.endedStreams()) {
      if (workerGroup === session.token.workerGroup) session.handle({ type: 'appDeleted', appId, epoch })
    }
  }

  private verdictOf(record: RecordRef, workerGroup: string): Verdict {
    const { gate, predecessors } = this.options
    const verdict = gate.verdict(record)
    return verdict.kind === 'send' && !predecessors.isOpen(record, workerGroup) ? NOT_YET : verdict
  }

  private portsOf({ workerGroup, partition }: LeaseToken, reader: SessionReader): SessionPorts<AttemptDetail> {
    const { clock, leaseStore, laneStore, renewer, leaseTtlMs, executor, outcomes, metrics, logger } = this.options
    const where = { group: workerGroup, partition }
    return {
      clock,
      leaseStore,
      laneStore,
      renewer,
      leaseTtlMs,
      prepare: (record) => this.verdictOf(record, workerGroup),
      attempt: (session, effect) => executor.start(session, effect),
      publish: (session, effect) => outcomes.publish(session, effect),
      pauseReading: (session, kind) => reader.pause(session, kind),
      resumeReading: (session, kind) => reader.resume(session, kind),
      isMember: () => reader.lists(partition) && this.isHeartbeatFresh(reader),
      alarm: ({ kind, appId, detail }) => {
        metrics.alarms.inc({ kind })
        logger.error({ ...where, app: appId, detail }, `alarm: ${kind}`)
      },
      onFenced: (operation) => {
        metrics.fenced.inc({ group: workerGroup, op: operation })
        logger.warn({ ...where, operation }, 'another process holds the lease: this process gives up the partition')
      },
      onAmbiguous: (operation, error) => {
        metrics.ambiguous.inc({ op: operation })
        logger.warn({ error, ...where, operation }, AMBIGUOUS[operation])
      },
    }
  }

  /**
   * The lease is renewed only while Kafka answers our heartbeats. Without heartbeats, Kafka may assign the partition to another process
   * while we hold the lease.
   */
  private isHeartbeatFresh(reader: SessionReader): boolean {
    const last = reader.heartbeatMs()
    return last !== null && this.options.clock.monotonicMs() - last < this.options.sessionTimeoutMs
  }
}

const NOT_YET: Verdict = { kind: 'notYet' }

const AMBIGUOUS: Readonly<Record<StoreOperation, string>> = {
  keep: 'leases and positions may or may not have been saved',
  lane: 'a lane row may or may not have been written: the partition is acquired again',
  release: 'a lease could not be released and will expire',
}
