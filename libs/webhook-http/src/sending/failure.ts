import { errors } from 'undici'
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
  /** What came is not HTTP/1.1, or its headers exceed the limit. */
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
  constructor(readonly failure: FailureCode) {
    super(MESSAGES[failure])
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
  protocol: 'the answer is not valid HTTP/1.1, or its headers are too large',
  host_busy: 'too many requests are on their way to this host',
  invalid_request: 'the request cannot be written as HTTP',
  internal: 'an unexpected failure on the sending side',
}

const RESET: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'UND_ERR_INFO',
  'ETIMEDOUT',
])
const PROTOCOL: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_NOT_SUPPORTED'])
const INVALID: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

/** Total; decides by class and code, never by text. */
export function failureOf(error: unknown): Failure {
  const code = failureCodeOf(error)
  const reason =
    error instanceof NameNotResolved || error instanceof ConnectFailed || error instanceof TlsFailed
      ? error.reason
      : null
  return { code, message: reason === null ? MESSAGES[code] : `${MESSAGES[code]}: ${reason}` }
}

export const failureWith = (code: FailureCode): Failure => ({ code, message: MESSAGES[code] })

function failureCodeOf(error: unknown): FailureCode {
  if (error instanceof ExchangeFailed) return error.failure
  if (error instanceof AddressBlocked) return 'address_blocked'
  if (error instanceof NameNotResolved) return 'dns'
  if (error instanceof ConnectTimedOut) return 'connect_timeout'
  if (error instanceof ConnectFailed) return error.reason === 'ETIMEDOUT' ? 'connect_timeout' : 'connect'
  if (error instanceof TlsFailed) return 'tls'
  const code = codeOf(error)
  if (RESET.has(code)) return 'reset'
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'incomplete'
  if (PROTOCOL.has(code) || error instanceof errors.HTTPParserError) return 'protocol'
  return INVALID.has(code) ? 'invalid_request' : 'internal'
}
