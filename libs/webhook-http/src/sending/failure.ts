import {
  AddressBlocked,
  ConnectFailed,
  ConnectTimedOut,
  NameNotResolved,
  TlsFailed,
  codeOf,
} from '../connecting/connection-errors.js'

/**
 * Why an attempt got no complete answer; a closed set, shown in the delivery log. The delivery log's other error codes are
 * `http_<status>` and `redirect`.
 */
export type FailureCode =
  | 'address_blocked'
  | 'dns'
  | 'connect'
  | 'connect_timeout'
  | 'tls'
  | 'reset'
  | 'timeout'
  /** The answer was cut off, or ended before the request was fully sent. */
  | 'incomplete'
  /** The answer is not HTTP/1.1, contradicts itself, or exceeds a limit; the message says which. */
  | 'protocol'
  /** The maximum number of requests to this host was in flight, and none ended in time. */
  | 'host_busy'
  /** A header that must not be written into an HTTP request. */
  | 'invalid_request'
  | 'internal'

/** `message` never contains anything that the receiver or the subscription supplied. */
export interface Failure {
  readonly code: FailureCode
  readonly message: string
}

/** A failure of an exchange that our own side detected. */
export class ExchangeFailed extends Error {
  readonly code = 'EXCHANGE_FAILED'

  /** @param detail the exact fault, from a closed set */
  constructor(
    readonly failure: FailureCode,
    readonly detail: string | null = null,
  ) {
    super(messageOf(failure, detail))
    this.name = 'ExchangeFailed'
  }
}

const MESSAGES: Readonly<Record<FailureCode, string>> = {
  address_blocked: 'the target is not a public address',
  dns: 'the host name cannot be resolved',
  connect: 'no connection could be made',
  connect_timeout: 'no connection could be made within the time limit',
  tls: 'the TLS handshake failed',
  reset: 'the connection was closed before the answer was complete',
  timeout: 'no complete answer within the time limit',
  incomplete: 'the answer was cut off, or ended before the whole request was sent',
  protocol: 'the answer is not valid HTTP/1.1',
  host_busy: 'too many requests to this host are in flight',
  invalid_request: 'the request has a header that must not be written into an HTTP request',
  internal: 'an unexpected failure on the sending side',
}

const messageOf = (code: FailureCode, detail: string | null): string =>
  detail === null ? MESSAGES[code] : `${MESSAGES[code]}: ${detail}`

/** Error codes that mean: the receiver, or a device on the way, ended the connection. */
const RESET: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])
/** Error codes that mean: the network failed, or TLS failed after its handshake. */
const BROKEN = /^(ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EPROTO|ERR_SSL_.*|ERR_TLS_.*)$/

/** Classifies any error, by its class and code, never by its text. */
export function failureOf(error: unknown): Failure {
  const code = failureCodeOf(error)
  return { code, message: messageOf(code, detailOf(error)) }
}

export const failureWith = (code: FailureCode): Failure => ({ code, message: MESSAGES[code] })

/** Whether the receiver's side ended the connection, in an orderly way or not. */
export function isReset(error: unknown): boolean {
  return error instanceof ExchangeFailed ? error.failure === 'reset' : RESET.has(codeOf(error))
}

function detailOf(error: unknown): string | null {
  if (error instanceof ExchangeFailed) return error.detail
  const hasReason = error instanceof NameNotResolved || error instanceof ConnectFailed || error instanceof TlsFailed
  return hasReason ? error.reason : null
}

function failureCodeOf(error: unknown): FailureCode {
  if (error instanceof ExchangeFailed) return error.failure
  if (error instanceof AddressBlocked) return 'address_blocked'
  if (error instanceof NameNotResolved) return 'dns'
  if (error instanceof ConnectTimedOut) return 'connect_timeout'
  if (error instanceof ConnectFailed) return error.reason === 'ETIMEDOUT' ? 'connect_timeout' : 'connect'
  if (error instanceof TlsFailed) return 'tls'
  const code = codeOf(error)
  return RESET.has(code) || BROKEN.test(code) ? 'reset' : 'internal'
}
