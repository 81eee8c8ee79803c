import type { WorkerMode } from '@hooklane/contracts/public'
import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { CannotUnseal } from '@hooklane/core/secrets'
import {
  renderHeaders,
  type DeliveredEvent,
  type PayloadRenderer,
  type SendOutcome,
  type WebhookRequest,
  type WebhookSender,
} from '@hooklane/core/delivery'
import { LineLimiter, newId, type Time } from '@hooklane/core/kernel'
import type { EffectOf, LaneInput, LeaseToken } from '@hooklane/core/lane'
import { leaseCovers, type LeaseHolder } from '@hooklane/dispatch'
import type { DispatchView } from '../configuration/configuration-gate.js'
import type { DispatcherMetrics, GuardCause } from '../metrics.js'
import { OutcomeScrubber } from './outcome-scrubber.js'
import type { Permits } from './permits.js'
import type { DecodedEvents, DecodedEvent } from './decoded-events.js'
import type { OpenedSubscription, OpenedSubscriptions } from './opened-subscriptions.js'

type AttemptEffect = EffectOf<'attempt'>

/** The part of a partition's session that an attempt needs. */
export interface AttemptSession extends LeaseHolder {
  readonly token: LeaseToken
  handle(input: LaneInput<AttemptDetail>): void
}

/** The details of an attempt for its record. The lane machine passes them through unchanged. */
export interface AttemptDetail {
  readonly attemptId: string
  /** Null when the record's value is not a delivery. */
  readonly event: DeliveredEvent | null
  /** Wall clock. */
  readonly startedAtMs: number
  readonly request: WebhookRequest | null
  readonly access: OpenedSubscription
  /** Secrets are removed. */
  readonly outcome: SendOutcome
}

export interface AttemptExecutorOptions {
  readonly clock: Time
  readonly view: DispatchView
  readonly access: OpenedSubscriptions
  readonly sender: WebhookSender
  readonly permits: Permits
  readonly metrics: DispatcherMetrics
  readonly marginMs: number
  readonly events: DecodedEvents
  readonly payloads: PayloadRenderer
  readonly headerPrefix: string
  readonly userAgent: string
  /** Random in [-1, 1]. */
  readonly jitter: () => number
  /** Called when secrets cannot be opened. The receiver is not at fault, so the lane waits. The reason contains no secret. */
  readonly onCannotUnseal: (subscriptionId: string, reason: string) => void
  /** Called when rendering throws, which is a defect of Hooklane. The delivery is settled like any other that cannot be sent. */
  readonly onDefect: (deliveryId: string, error: unknown) => void
}

/**
 * Makes one request: renders, signs and sends the head of a lane with the current configuration. A delivery that cannot become a request
 * has the outcome `notSendable`. If the lease could end before the attempt does, the attempt is not started and gets no attempt number.
 */
export class AttemptExecutor {
  private readonly outcomes = new OutcomeScrubber()
  private readonly sealedReports = new LineLimiter({ everyMs: REPORT_AGAIN_MS, maxKinds: REPORTED_SUBSCRIPTIONS })

  constructor(private readonly options: AttemptExecutorOptions) {}

  start(session: AttemptSession, effect: AttemptEffect): void {
    this.options.permits.take(() => void this.attempt(session, effect))
  }

  private async attempt(session: AttemptSession, effect: AttemptEffect): Promise<void> {
    try {
      const prepared = this.prepare(session, effect)
      if (prepared === null) return
      const { request, code } = prepared.rendered
      const outcome = request ? await this.send(prepared, request) : notSendable(code)
      if (outcome === null) this.notStarted(session, effect, 'deadline')
      else this.reportResult(prepared, outcome)
    } finally {
      this.options.permits.giveBack()
    }
  }

  /** Returns null when nothing was sent, because the lease was lost or the process was frozen after the lease had been checked. */
  private async send({ attempt, startedMs }: Prepared, request: WebhookRequest): Promise<SendOutcome | null> {
    const { sender, metrics, marginMs } = this.options
    const { session, access } = attempt
    const endMs = startedMs + request.timeoutMs
    const outcome = await sender.send(request, {
      startedMs,
      mayWrite: () => leaseCovers(session, endMs, marginMs),
    })
    if (outcome === null) return null
    if (outcome.isResent) metrics.resent.inc({ group: session.token.workerGroup })
    return this.outcomes.scrubbed(outcome, access.scrubber)
  }

  /** Returns null when the request must not start now. The session has then received `attemptNotStarted`. */
  private prepare(session: AttemptSession, effect: AttemptEffect): Prepared | null {
    const { record } = effect
    const { clock, view } = this.options
    // The session may have begun to stop while this attempt waited for a permit. A stopping session starts no attempt.
    if (session.over || session.state.phase !== 'running') return this.notStarted(session, effect, 'stopping')
    const subscription = view.subscription(record.subscriptionId)?.value
    // The subscription was deleted after the decision to send: the lane machine asks for a new decision.
    if (!subscription) return this.notStarted(session, effect, 'configuration')
    const { timeoutMs } = subscription.delivery
    // A request that could outlive the lease is not even rendered.
    if (!this.fitsLease(session, timeoutMs)) return this.notStarted(session, effect, 'deadline')
    let access: OpenedSubscription
    try {
      access = this.options.access.of(subscription)
    } catch (error) {
      // A bad secret of one subscription must not end the process that serves all others.
      this.reportSealed(subscription, clock.monotonicMs(), error)
      return this.notStarted(session, effect, 'sealed')
    }
    const attempt = { session, effect, subscription, access, startedAtMs: clock.wallMs() }
    const { event, rendered } = this.tryRender(attempt)
    // The process may have been frozen during rendering. From here to the write, the sender checks the lease.
    const startedMs = clock.monotonicMs()
    if (!this.fitsLease(session, timeoutMs)) return this.notStarted(session, effect, 'deadline')
    return { attempt, startedMs, event, rendered }
  }

  private fitsLease(session: AttemptSession, timeoutMs: number): boolean {
    const { clock, marginMs } = this.options
    return leaseCovers(session, clock.monotonicMs() + timeoutMs, marginMs)
  }

  private reportResult({ attempt, startedMs, event, rendered }: Prepared, outcome: SendOutcome): void {
    const { session, effect, subscription, access, startedAtMs } = attempt
    const { request } = rendered
    const detail: AttemptDetail = { attemptId: newId('att'), event, startedAtMs, request, access, outcome }
    session.handle({
      type: 'attemptEnded',
      appId: effect.record.appId,
      sequence: effect.record.sequence,
      startedMs,
      result: outcome.result,
      policy: subscription.delivery,
      jitter: this.options.jitter(),
      detail,
    })
  }

  /** The lane tries again at every lease renewal. The log reports the fault less often. */
  private reportSealed(subscription: SubscriptionConfiguration, nowMs: number, error: unknown): void {
    if (this.sealedReports.admit(subscription.id, nowMs) === null) return
    this.options.onCannotUnseal(subscription.id, error instanceof CannotUnseal ? error.reason : 'not_a_secret')
  }

  private notStarted(session: AttemptSession, { record }: AttemptEffect, cause: GuardCause): null {
    this.options.metrics.guardWaits.inc({ cause })
    session.handle({ type: 'attemptNotStarted', appId: record.appId, sequence: record.sequence })
    return null
  }

  private tryRender(attempt: Attempt): { readonly event: DeliveredEvent | null; readonly rendered: Rendered } {
    const { effect } = attempt
    let placed: DecodedEvent | null = null
    try {
      placed = this.options.events.of(effect.record)
      if (placed === null) return { event: null, rendered: unrenderable('undecodable') }
      return { event: placed.event, rendered: this.render(attempt, placed) }
    } catch (error) {
      this.options.onDefect(effect.record.deliveryId, error)
      return { event: placed?.event ?? null, rendered: unrenderable('render_failed') }
    }
  }

  private render(attempt: Attempt, { event, order }: DecodedEvent): Rendered {
    const { session, effect, access, startedAtMs } = attempt
    const { record } = effect
    const { view, payloads, headerPrefix, userAgent } = this.options
    const subscription = view.subscription(record.subscriptionId)?.value
    const app = view.app(record.appId)
    if (!subscription || !app) return unrenderable('no_configuration')
    const company = { id: record.companyId, name: view.company(record.companyId)?.name ?? null }
    const worker: WorkerMode = app.worker.mode
    const { deliveryId, reason, mode } = record
    const { previous, skipped } = effect
    const address = { subscription, app, company, reason, worker }
    const payload = payloads.render(event, address, { deliveryId, order, previous, skipped })
    const headers = renderHeaders({
      payload,
      deliveryId,
      event,
      order,
      appId: app.id,
      previous,
      mode,
      custom: access.headers,
      signingKeys: access.signingKeys
        .filter(({ validUntilMs }) => validUntilMs === null || validUntilMs > startedAtMs)
        .map(({ key }) => key),
      timestampSeconds: Math.floor(startedAtMs / 1000),
      attempt: effect.attempt,
      maxAttempts: subscription.delivery.retry.attempts,
      lagMs: startedAtMs - Date.parse(event.occurredAt),
      backlog: effect.backlog,
      ownerEpoch: session.token.epoch,
      traceparent: null,
      userAgent,
      headerPrefix,
    })
    if (!headers.ok) return unrenderable(headers.code)
    const { url } = access
    const { method } = subscription.target
    const { success, timeoutMs } = subscription.delivery
    return { request: { url, method, headers: headers.headers, body: payload.body, success, timeoutMs }, code: null }
  }
}

/** An attempt whose request is not rendered yet. */
interface Attempt {
  readonly session: AttemptSession
  readonly effect: AttemptEffect
  readonly subscription: SubscriptionConfiguration
  readonly access: OpenedSubscription
  /** Wall clock. */
  readonly startedAtMs: number
}

/** An attempt that may start at once. */
interface Prepared {
  readonly attempt: Attempt
  readonly startedMs: number
  readonly event: DeliveredEvent | null
  readonly rendered: Rendered
}

type Rendered =
  { readonly request: WebhookRequest; readonly code: null } | { readonly request: null; readonly code: string }

const unrenderable = (code: string): Rendered & { readonly request: null } => ({ request: null, code })

/**
 * Minimum time between two reports of a subscription whose secret cannot be opened. Too low: a flood of equal log lines. Too high: an
 * operator sees late whether the fault is fixed.
 */
const REPORT_AGAIN_MS = 60_000
/** How many subscriptions are reported separately; all others share one report. A wrong key affects every subscription. */
const REPORTED_SUBSCRIPTIONS = 5_000

function notSendable(code: string): SendOutcome {
  return {
    result: { kind: 'notSendable', code },
    response: null,
    error: { code, message: 'no request can be built from the delivery' },
    durationMs: 0,
    isResent: false,
  }
}
