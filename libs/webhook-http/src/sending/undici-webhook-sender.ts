import {
  classifyStatus,
  hostOf,
  portOf,
  type AllowedTargets,
  type SendOutcome,
  type WebhookRequest,
  type WebhookSender,
} from '@hooklane/core'
import { checkTarget } from '../address/check-target.js'
import { AddressGuard } from '../connecting/address-guard.js'
import { dial, type Dial } from '../connecting/dial.js'
import { GuardedConnector } from '../connecting/guarded-connector.js'
import { CaresHostResolver, systemHostResolver, type HostResolver } from '../connecting/host-resolver.js'
import type { Connection, Origin } from './connection.js'
import { ConnectionPool } from './connection-pool.js'
import { Exchange, type ExchangeEnd } from './exchange.js'
import { ExchangeFailed, failureOf, failureWith, type Failure } from './failure.js'

export interface WebhookSenderOptions {
  /** What the guard lets through beside public addresses: `parseAllowTargets(ALLOW_TARGETS)`. */
  readonly allowTargets: AllowedTargets
  /** Certificates (PEM) trusted beside the public ones. */
  readonly ca?: string
  /** Resolving, TCP and TLS together. */
  readonly connectTimeoutMs?: number
  /** Connections to one public origin, over all apps. Too many make us the tool of an attack, too few slow down hosts that serve many apps. */
  readonly perHostMax?: number
  /** Idle connections in all. */
  readonly maxIdleConnections?: number
  readonly resolver?: HostResolver
  readonly systemResolver?: HostResolver
  readonly dial?: Dial
  readonly monotonicMs?: () => number
  readonly wallMs?: () => number
}

const DEFAULTS = { connectTimeoutMs: 5_000, perHostMax: 10, maxIdleConnections: 1_000 } as const
/** Allowed targets are the operator's own: nobody is attacked there, and a test receiver serves thousands of apps. */
const ALLOWED_TARGET_MAX = 256
/** Checked URLs that are remembered. */
const MAX_KNOWN_TARGETS = 10_000

interface Target {
  readonly origin: Origin
  readonly path: string
}

/**
 * Sends webhooks by HTTP/1.1 through the address guard. Each attempt is one request on one connection: no redirect is followed and nothing
 * is sent twice. Accepted means: a status that the policy names, an answer that ended as HTTP says it must (or was cut by us at
 * 16 KiB, when its status was known long before), and a request that had left in full by then.
 *
 * The deadline of an attempt covers waiting for a connection, name resolution, handshake, request and answer; when it passes the socket is
 * destroyed, and nothing is written after it.
 */
export class UndiciWebhookSender implements WebhookSender {
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
    this.pool = new ConnectionPool(connector, {
      maxIdle: options.maxIdleConnections ?? DEFAULTS.maxIdleConnections,
      nowMs: this.monotonicMs,
    })
  }

  send(request: WebhookRequest): Promise<SendOutcome> {
    const startedMs = this.monotonicMs()
    const target = this.targetOf(request.url)
    if (!target) return Promise.resolve(failed(failureWith('address_blocked'), null, this.since(startedMs)))
    return new Promise((resolve) => {
      this.run(target, request, startedMs, (end) => resolve(this.outcomeOf(end, request, this.since(startedMs))))
    })
  }

  /** Ends idle connections; requests in flight go on, and their connections end with them. */
  close(): Promise<void> {
    this.pool.close()
    return Promise.resolve()
  }

  private run(target: Target, request: WebhookRequest, startedMs: number, onEnd: (end: ExchangeEnd) => void): void {
    const deadlineMs = startedMs + request.timeoutMs
    let connection: Connection | null = null
    const finish = (end: ExchangeEnd) => {
      clearTimeout(timer)
      stopWaiting()
      if (connection === null) {
        onEnd(end)
        return
      }
      whenSettled(connection, end, (settled) => {
        if (connection) this.pool.giveBack(connection, settled.kind === 'answered' && !settled.wasCut)
        onEnd(settled)
      })
    }
    const exchange = new Exchange(() => this.monotonicMs() < deadlineMs, finish)
    const timer = setTimeout(
      () => exchange.fail(new ExchangeFailed(connection === null ? 'host_busy' : 'timeout')),
      request.timeoutMs,
    )
    let stopWaiting: () => void = () => undefined
    stopWaiting = this.pool.take(target.origin, (taken) => {
      connection = taken
      taken.client.dispatch(
        { path: target.path, method: request.method, headers: request.headers, body: request.body },
        exchange,
      )
    })
  }

  private outcomeOf(end: ExchangeEnd, request: WebhookRequest, durationMs: number): SendOutcome {
    if (end.kind === 'failed') return failed(failureOf(end.error), end.response, durationMs)
    const { response, retryAfter } = end
    const { status } = response
    const result = classifyStatus({ status, retryAfter, success: request.success, wallMs: this.wallMs() })
    return { result, response, error: result.kind === 'accepted' ? null : statusError(status), durationMs }
  }

  private since(startedMs: number): number {
    return Math.round((this.monotonicMs() - startedMs) * 10) / 10
  }

  /** Null when the guard refuses the URL. The check is of text alone, so its answer can be kept. */
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
    return { origin, path: url.pathname + url.search }
  }
}

/** Judges an answer by the state of its socket: it counts only when nothing failed and the whole request had left. */
function whenSettled(connection: Connection, end: ExchangeEnd, settle: (end: ExchangeEnd) => void): void {
  if (end.kind === 'failed') settle(end)
  else if (connection.hasFailed())
    settle({ kind: 'failed', error: new ExchangeFailed('reset'), response: end.response })
  else if (connection.hasSentAll()) settle(end)
  else {
    // The kernel may have taken the last bytes in this very turn of the loop.
    setImmediate(() => {
      const isWhole = connection.hasSentAll() && !connection.hasFailed()
      settle(isWhole ? end : { kind: 'failed', error: new ExchangeFailed('incomplete'), response: end.response })
    })
  }
}

function statusError(status: number): { code: string; message: string } {
  if (status >= 300 && status <= 399)
    return { code: 'redirect', message: `status ${status}: redirects are not followed` }
  return { code: `http_${status}`, message: `the receiver answered with status ${status}` }
}

function failed(failure: Failure, response: SendOutcome['response'], durationMs: number): SendOutcome {
  const { code } = failure
  const result: SendOutcome['result'] =
    code === 'timeout' || code === 'connect_timeout'
      ? { kind: 'timedOut' }
      : code === 'invalid_request'
        ? { kind: 'notSendable', code }
        : { kind: 'unreachable', status: null, code }
  return { result, response, error: failure, durationMs }
}
