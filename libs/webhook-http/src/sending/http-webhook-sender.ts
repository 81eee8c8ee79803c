import {
  hostOf,
  portOf,
  type AllowedTargets,
  type SendingTerms,
  type SendOutcome,
  type WebhookRequest,
  type WebhookSender,
} from '@hooklane/core/delivery'
import { classifyStatus } from '@hooklane/core/policy'
import { checkTarget } from '../targets/check-target.js'
import { AddressGuard } from '../connecting/address-guard.js'
import { dial, type Dial } from '../connecting/dial.js'
import { GuardedConnector } from '../connecting/guarded-connector.js'
import { CaresHostResolver, systemHostResolver, type HostResolver } from '../connecting/host-resolver.js'
import type { Origin } from './connection.js'
import { ConnectionPool } from './connection-pool.js'
import { failureOf, failureWith, type Failure } from './failure.js'
import { headerLines, requestBytes, type RequestTarget } from './request-text.js'
import { Transmission, type TransmissionEnd } from './transmission.js'

export interface WebhookSenderOptions {
  /** Targets that the guard allows in addition to public addresses: `parseAllowTargets(ALLOW_TARGETS)`. */
  readonly allowTargets: AllowedTargets
  /** Certificates (PEM) trusted in addition to the public ones. */
  readonly ca?: string
  /** Time limit for name resolution, TCP and TLS together. */
  readonly connectTimeoutMs?: number
  /**
   * Maximum connections to one public origin, over all apps. Too low: deliveries to a host that serves many apps are slow. Too high:
   * Hooklane can be abused to flood a host.
   */
  readonly perHostMax?: number
  /** Maximum idle connections over all origins. */
  readonly maxIdleConnections?: number
  readonly resolver?: HostResolver
  readonly systemResolver?: HostResolver
  readonly dial?: Dial
  readonly monotonicMs?: () => number
  readonly wallMs?: () => number
  /**
   * Called when an origin sent bytes that belong to no request. Then each request to the origin gets a new connection, until ten minutes
   * after the last such bytes.
   */
  readonly onDistrusted?: (origin: string) => void
}

const DEFAULTS = { connectTimeoutMs: 5_000, perHostMax: 10, maxIdleConnections: 1_000 } as const
/**
 * Maximum connections to one target in `ALLOW_TARGETS`. It is high, because these targets are the operator's own, so flooding them is no
 * abuse, and because a test receiver serves thousands of apps.
 */
const ALLOWED_TARGET_MAX = 256
/** Maximum number of checked URLs remembered. */
const MAX_KNOWN_TARGETS = 10_000

interface Target extends RequestTarget {
  readonly origin: Origin
}

/**
 * Sends webhooks over HTTP/1.1 through the address guard. Each attempt is one request on one connection; only `Transmission` may write the
 * request a second time. Redirects are not followed.
 *
 * An attempt is accepted when all of these conditions hold:
 *
 * - The delivery policy counts the status as success.
 * - The answer ended as HTTP requires, or we stopped reading its body at 16 KiB.
 * - The whole request was sent before the answer ended. An earlier answer can only refuse the request, for example a 413 to a large body.
 *
 * The deadline of an attempt covers the time from `startedMs` to the call, the wait for a connection, name resolution, handshake, requests
 * and answer. When it passes, the socket is destroyed, and nothing is written after that.
 */
export class HttpWebhookSender implements WebhookSender {
  private readonly pool: ConnectionPool
  private readonly targets = new Map<string, Target | null>()
  private readonly allowed: AllowedTargets
  private readonly perHostMax: number
  private readonly monotonicMs: () => number
  private readonly wallMs: () => number

  constructor(options: WebhookSenderOptions) {
    this.allowed = options.allowTargets
    this.perHostMax = options.perHostMax ?? DEFAULTS.perHostMax
    this.monotonicMs = options.monotonicMs ?? (() => performance.now())
    this.wallMs = options.wallMs ?? (() => Date.now())
    const guard = new AddressGuard(
      this.allowed,
      options.resolver ?? new CaresHostResolver(),
      options.systemResolver ?? systemHostResolver,
    )
    const connector = new GuardedConnector(guard, options.dial ?? dial, {
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    })
    this.pool = new ConnectionPool({
      connector,
      onDistrusted: options.onDistrusted ?? (() => undefined),
      maxIdle: options.maxIdleConnections ?? DEFAULTS.maxIdleConnections,
      nowMs: this.monotonicMs,
    })
  }

  send(request: WebhookRequest): Promise<SendOutcome>
  send(request: WebhookRequest, terms: SendingTerms): Promise<SendOutcome | null>
  send(request: WebhookRequest, terms: SendingTerms = {}): Promise<SendOutcome | null> {
    const { startedMs = this.monotonicMs(), mayWrite = () => true } = terms
    const target = this.targetOf(request.url)
    if (!target) return Promise.resolve(notSent('address_blocked'))
    const lines = headerLines(request.headers)
    if (lines === null) return Promise.resolve(notSent('invalid_request'))
    return new Promise((resolve) => {
      new Transmission({
        pool: this.pool,
        origin: target.origin,
        bytes: requestBytes(request, target, lines),
        deadlineMs: startedMs + request.timeoutMs,
        nowMs: this.monotonicMs,
        mayWrite,
        onEnd: (ended) => resolve(ended.isWithdrawn ? null : this.outcomeOf(ended, request, this.since(startedMs))),
      }).start()
    })
  }

  /** Closes idle connections. Requests in flight continue, and their connections close after them. */
  close(): Promise<void> {
    this.pool.close()
    return Promise.resolve()
  }

  private outcomeOf({ end, isResent }: TransmissionEnd, { success }: WebhookRequest, durationMs: number): SendOutcome {
    const { response } = end
    if (end.kind === 'failed') return { ...failed(failureOf(end.error)), response, durationMs, isResent }
    const { status } = end.response
    const result = classifyStatus({ status, retryAfter: end.retryAfter, success, wallMs: this.wallMs() })
    if (result.kind !== 'accepted') return { result, response, error: statusError(status), durationMs, isResent }
    if (!end.wasRequestSent) return { ...failed(failureWith('incomplete')), response, durationMs, isResent }
    return { result, response, error: null, durationMs, isResent }
  }

  private since(startedMs: number): number {
    return Math.round((this.monotonicMs() - startedMs) * 10) / 10
  }

  /** Returns null when the guard refuses the URL. The check depends on the text alone, so its result can be cached. */
  private targetOf(url: string): Target | null {
    const known = this.targets.get(url)
    if (known !== undefined) return known
    if (this.targets.size >= MAX_KNOWN_TARGETS) this.targets.clear()
    const target = this.checked(url)
    this.targets.set(url, target)
    return target
  }

  private checked(raw: string): Target | null {
    const check = checkTarget(raw, this.allowed)
    if (!check.ok) return null
    const url = new URL(check.url)
    const host = hostOf(url)
    const port = portOf(url)
    const max = this.allowed.allows(host, port) ? ALLOWED_TARGET_MAX : this.perHostMax
    const origin = { origin: url.origin, host, port, isSecure: url.protocol === 'https:', max }
    return { origin, host: url.host, path: url.pathname + url.search }
  }
}

function statusError(status: number): { code: string; message: string } {
  if (status >= 300 && status <= 399)
    return { code: 'redirect', message: `status ${status}: redirects are not followed` }
  if (status === 101) return { code: 'http_101', message: 'the receiver switched protocols without being asked' }
  return { code: `http_${status}`, message: `the receiver answered with status ${status}` }
}

function failed(failure: Failure): Pick<SendOutcome, 'result' | 'error'> {
  const { code } = failure
  const result: SendOutcome['result'] =
    code === 'timeout' || code === 'connect_timeout'
      ? { kind: 'timedOut' }
      : code === 'invalid_request'
        ? { kind: 'notSendable', code }
        : { kind: 'unreachable', status: null, code }
  return { result, error: failure }
}

/** The outcome of a request that was refused before it took a connection. */
const notSent = (code: 'address_blocked' | 'invalid_request'): SendOutcome => ({
  ...failed(failureWith(code)),
  response: null,
  durationMs: 0,
  isResent: false,
})
