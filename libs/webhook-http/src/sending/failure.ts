import {
  AddressBlocked,
  ConnectFailed,
  ConnectTimedOut,
  NameNotResolved,
  TlsFailed,
  codeOf,
} from '../connecting/connection-errors.js'

/** Why an attempt got no complete answer: a closed set, shown to people and counted; `http_<status>` and `redirect` stand beside it. */
export type FailureCode =
  | 'address_blocked'
  | 'dns'
  | 'connect'
  | 'connect_timeout'
  | 'tls'
  | 'reset'
  | 'timeout'
  /** The answer ended before its end, or before the request was written. */
  | 'incomplete'
  /** What came is not HTTP/1.1, contradicts itself, or exceeds a limit; the message says which. */
  | 'protocol'
  /** As many requests as allowed are on their way to this host, and none ended in time. */
  | 'host_busy'
  /** A header that no HTTP client writes. */
  | 'invalid_request'
  | 'internal'

/** `message` never holds anything that the receiver or the subscription supplied. */
export interface Failure {
  readonly code: FailureCode
  readonly message: string
}

/** What our own side found out about an exchange. */
export class ExchangeFailed extends Error {
  readonly code = 'EXCHANGE_FAILED'

  /** @param detail what exactly: of a closed set */
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
  dns: 'the name of the host cannot be resolved',
  connect: 'no connection could be made',
  connect_timeout: 'no connection in time',
  tls: 'the TLS handshake failed',
  reset: 'the connection was closed before the answer was complete',
  timeout: 'no complete answer within the time limit',
  incomplete: 'the answer was cut off, or came before the request was read',
  protocol: 'the answer is not valid HTTP/1.1',
  host_busy: 'too many requests are on their way to this host',
  invalid_request: 'the request cannot be written as HTTP',
  internal: 'an unexpected failure on the sending side',
}

const messageOf = (code: FailureCode, detail: string | null): string =>
  detail === null ? MESSAGES[code] : `${MESSAGES[code]}: ${detail}`

/** The receiver, or something on the way, ended the connection. */
const RESET: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])
/** The network did, or TLS after its handshake. */
const BROKEN = /^(ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EPROTO|ERR_SSL_.*|ERR_TLS_.*)$/

/** Total; decides by class and code, never by text. */
export function failureOf(error: unknown): Failure {
  const code = failureCodeOf(error)
  return { code, message: messageOf(code, detailOf(error)) }
}

export const failureWith = (code: FailureCode): Failure => ({ code, message: MESSAGES[code] })

/** Whether the receiver's side ended the connection, orderly or not. */
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
