import type { Clock, OutgoingRecord } from '@hooklane/core/kernel'
import type { EffectOf, OutcomeEffect } from '@hooklane/core/lane'
import type { SessionHandle } from '@hooklane/dispatch'
import { withoutRedaction, type Logger } from '@hooklane/observability'
import type { AttemptDetail } from '../attempts/attempt-executor.js'
import type { DispatcherMetrics } from '../metrics.js'
import { Batcher } from './batcher.js'
import { attemptRecord, deadLetterRecord, settlementRecord, statusAfter, type RecordScope } from './outcome-records.js'
import type { Publisher } from './publisher.js'

/** An outcome of a delivery that waits to be published. */
interface Outcome {
  readonly session: SessionHandle
  readonly effect: OutcomeEffect<AttemptDetail>
  readonly wallMs: number
  readonly resolve: () => void
}

/**
 * How long records of outcomes are collected before they are published together. Requests do not wait for them, but saved positions,
 * rows of failing lanes, and dead letters do. Too low: more requests to Kafka, each of which costs more than a delivery. Too high: more
 * duplicates after a crash.
 */
const PUBLISH_EVERY_MS = 20

export interface OutcomeReporterOptions {
  readonly clock: Clock
  readonly publisher: Publisher
  readonly metrics: DispatcherMetrics
  readonly logger: Logger
  readonly topicPrefix: string
}

/**
 * Reports the outcomes of deliveries: publishes them to the topics `attempts` and `dead-letters`, counts them, and logs one wide line per
 * attempt.
 */
export class OutcomeReporter {
  /** For each session, the apps that failed during it or before it. Their first attempts count as `other`: own failures delay them. */
  private readonly failed = new WeakMap<SessionHandle, Set<string>>()
  private readonly attemptLogger: Logger
  private readonly gathered: Batcher<Outcome>

  constructor(private readonly options: OutcomeReporterOptions) {
    this.attemptLogger = withoutRedaction(options.logger)
    this.gathered = new Batcher(options.clock, PUBLISH_EVERY_MS, (one) => this.publishNow(one))
  }

  /** @param failing apps whose lanes were already failing when the session began */
  opened(session: SessionHandle, failing: readonly string[]): void {
    this.failed.set(session, new Set(failing))
  }

  /**
   * Retries until Kafka has the record or the session is over, and then resolves. Never rejects.
   *
   * Order matters: all kinds of outcomes take the same path, because they must be published in the order in which they happened.
   */
  publish(session: SessionHandle, effect: OutcomeEffect<AttemptDetail>): Promise<void> {
    const wallMs = this.options.clock.wallMs()
    return new Promise((resolve) => this.gathered.add({ session, effect, wallMs, resolve }))
  }

  private publishNow({ session, effect, wallMs, resolve }: Outcome): void {
    const scope: RecordScope = {
      topicPrefix: this.options.topicPrefix,
      workerGroup: session.token.workerGroup,
      ownerEpoch: session.token.epoch,
      wallMs,
    }
    const record = this.recordOf(session, effect, scope)
    void this.options.publisher.publish(record, () => !session.over).then(resolve)
  }

  private recordOf(session: SessionHandle, effect: OutcomeEffect<AttemptDetail>, scope: RecordScope): OutgoingRecord {
    switch (effect.type) {
      case 'publishAttempt':
        this.measure(session, effect)
        this.logAttempt(session, effect)
        return attemptRecord(effect, scope)
      case 'publishSettledUnsent':
        this.options.metrics.settled.inc({ group: scope.workerGroup, status: effect.status })
        return settlementRecord(effect, scope)
      case 'publishDeadLetter':
        this.options.metrics.deadLetters.inc({ group: scope.workerGroup })
        return deadLetterRecord(effect, scope)
    }
  }

  private logAttempt({ token }: SessionHandle, effect: EffectOf<'publishAttempt', AttemptDetail>): void {
    const { record, disposition, attempt } = effect
    const { outcome, event, attemptId } = effect.detail
    this.attemptLogger.info(
      {
        deliveryId: record.deliveryId,
        attemptId,
        company: record.companyId,
        app: record.appId,
        partition: token.partition,
        offset: String(record.offset),
        subscription: record.subscriptionId,
        group: token.workerGroup,
        eventId: event?.id,
        eventType: event?.type,
        entity: event ? `${event.entity.type}/${event.entity.id}` : undefined,
        sequence: String(record.sequence),
        attempt,
        ownerEpoch: String(token.epoch),
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

  private measure(session: SessionHandle, effect: EffectOf<'publishAttempt', AttemptDetail>): void {
    const { record, attempt, disposition } = effect
    const { outcome, startedAtMs } = effect.detail
    const { metrics } = this.options
    const group = session.token.workerGroup
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
