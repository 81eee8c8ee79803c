import type { DeliveryRecord, WorkerMode } from '@hooklane/contracts'
import {
  CannotUnseal,
  newId,
  renderEnvelope,
  renderHeaders,
  type Clock,
  type Effect,
  type SendOutcome,
  type WebhookRequest,
  type WebhookSender,
} from '@hooklane/core'
import type { DispatchView } from '../configuration/configuration-gate.js'
import type { LaneSession } from '../engine/lane-session.js'
import type { DispatcherMetrics } from '../metrics.js'
import { decodeDelivery } from './decode-delivery.js'
import type { Permits } from './permits.js'
import type { SubscriptionAccess, SubscriptionAccessCache } from './subscription-access.js'

type AttemptEffect = Extract<Effect, { type: 'attempt' }>

/** What an attempt was, for its record: carried through the lane machine untouched. */
export interface AttemptDetail {
  readonly attemptId: string
  readonly delivery: DeliveryRecord | null
  /** Wall clock. */
  readonly startedAtMs: number
  readonly request: WebhookRequest | null
  readonly secretHeaders: ReadonlySet<string>
  readonly outcome: SendOutcome
}

export interface AttemptExecutorOptions {
  readonly clock: Clock
  readonly view: DispatchView
  readonly access: SubscriptionAccessCache
  readonly sender: WebhookSender
  readonly permits: Permits
  readonly metrics: DispatcherMetrics
  readonly marginMs: number
  readonly publicBaseUrl: string
  readonly headerPrefix: string
  readonly userAgent: string
  /** Random in [-1, 1]. */
  readonly jitter: () => number
  /** Secrets that cannot be opened: our fault, the lane waits. */
  readonly onCannotUnseal: (subscriptionId: string, error: CannotUnseal) => void
}

/**
 * Makes one request: renders, signs and sends the head as the configuration is now. What cannot become a request is an outcome like any other;
 * what must not start (the lease would not outlive it) is not started and counts for nothing.
 */
export class AttemptExecutor {
  constructor(private readonly options: AttemptExecutorOptions) {}

  start(session: LaneSession, effect: AttemptEffect): void {
    this.options.permits.take(() => {
      const finish = this.begin(session, effect)
      void finish.finally(() => this.options.permits.giveBack())
    })
  }

  private async begin(session: LaneSession, effect: AttemptEffect): Promise<void> {
    const { record } = effect
    const { clock, view, metrics } = this.options
    const subscription = view.subscription(record.subscriptionId)?.value
    // Deleted between the decision and now: the machine asks again.
    if (!subscription) return this.notStarted(session, effect, 'configuration')
    const startedMs = clock.monotonicMs()
    // Order matters: nothing is awaited between this guard and the request, so a request never begins that could outlive the lease.
    if (session.over || startedMs + subscription.delivery.timeoutMs + this.options.marginMs > session.deadlineMs) {
      return this.notStarted(session, effect, 'deadline')
    }
    let access: SubscriptionAccess
    try {
      access = this.options.access.of(subscription)
    } catch (error) {
      if (!(error instanceof CannotUnseal)) throw error
      this.options.onCannotUnseal(subscription.id, error)
      return this.notStarted(session, effect, 'sealed')
    }
    const startedAtMs = clock.wallMs()
    const decoded = decodeDelivery(record.value)
    const rendered = decoded === null ? null : this.render(session, effect, decoded, access, startedAtMs)
    metrics.inFlight.inc()
    const outcome = rendered?.request
      ? await this.options.sender.send(rendered.request)
      : notSendable(rendered?.code ?? 'undecodable')
    metrics.inFlight.dec()
    const detail: AttemptDetail = {
      attemptId: newId('att'),
      delivery: decoded,
      startedAtMs,
      request: rendered?.request ?? null,
      secretHeaders: access.secretHeaders,
      outcome,
    }
    session.tell({
      type: 'attemptEnded',
      appId: record.appId,
      sequence: record.sequence,
      startedMs,
      result: outcome.result,
      policy: subscription.delivery,
      jitter: this.options.jitter(),
      detail,
    })
  }

  private notStarted(session: LaneSession, { record }: AttemptEffect, cause: string): void {
    this.options.metrics.guardWaits.inc({ cause })
    session.tell({ type: 'attemptNotStarted', appId: record.appId, sequence: record.sequence })
  }

  private render(
    session: LaneSession,
    effect: AttemptEffect,
    delivery: DeliveryRecord,
    access: SubscriptionAccess,
    startedAtMs: number,
  ): { readonly request: WebhookRequest; readonly code: null } | { readonly request: null; readonly code: string } {
    const { record } = effect
    const { view, publicBaseUrl, headerPrefix, userAgent } = this.options
    const subscription = view.subscription(record.subscriptionId)?.value
    const app = view.app(record.appId)
    if (!subscription || !app) return { request: null, code: 'no_configuration' }
    const company = { id: record.companyId, name: view.company(record.companyId)?.name ?? null }
    const worker: WorkerMode = app.worker.mode
    const { deliveryId, reason, mode } = record
    const { previous, skipped } = effect
    const body = renderEnvelope({
      delivery,
      subscription,
      app,
      company,
      deliveryId,
      previous,
      skipped,
      reason,
      worker,
      publicBaseUrl,
    })
    const headers = renderHeaders({
      body,
      deliveryId,
      delivery,
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
      lagMs: startedAtMs - Date.parse(delivery.occurredAt),
      backlog: effect.backlog,
      ownerEpoch: session.licence.epoch,
      traceparent: null,
      userAgent,
      headerPrefix,
    })
    if (!headers.ok) return { request: null, code: headers.code }
    const { url, method } = subscription.target
    const { success, timeoutMs } = subscription.delivery
    return { request: { url, method, headers: headers.headers, body, success, timeoutMs }, code: null }
  }
}

function notSendable(code: string): SendOutcome {
  return {
    result: { kind: 'notSendable', code },
    response: null,
    error: { code, message: 'the delivery cannot be made into a request' },
    durationMs: 0,
  }
}
