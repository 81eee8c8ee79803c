import { rootCertificates, createSecureContext, type SecureContext } from 'node:tls'
import { isIPv6, type Socket } from 'node:net'
import type { AddressGuard } from './address-guard.js'
import { ConnectFailed, ConnectTimedOut } from './connection-errors.js'
import type { Dial } from './dial.js'

interface ConnectorOptions {
  /** Covers resolving, TCP and the TLS handshake. */
  readonly connectTimeoutMs: number
  /** Certificates (PEM) that are trusted in addition to the public ones. */
  readonly ca?: string
}

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

/** Maximum addresses tried per connection. Too high: for a name with many addresses, a failing attempt takes long. */
const MAX_ADDRESSES = 4
/** Time for one address while others are left. Too low: distant receivers fail. Too high: no time is left for the next address. */
const FIRST_ADDRESS_MS = 2_000

/**
 * The only way to connect to a receiver. Resolves its name, checks every address, dials only checked addresses, and checks the address that
 * was reached.
 */
export class GuardedConnector {
  private readonly secureContext: SecureContext

  constructor(
    private readonly guard: AddressGuard,
    private readonly dial: Dial,
    private readonly options: ConnectorOptions,
  ) {
    this.secureContext = createSecureContext({
      minVersion: 'TLSv1.2',
      ...(options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }),
    })
  }

  /** Rejects with one of the connection errors, or with the signal's reason. */
  async connect(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
    // Not `withTimeout`, because the limit must end the dialling itself, not only the wait for the result.
    const limit = new AbortController()
    const giveUp = () => limit.abort(signal.reason)
    const timer = setTimeout(() => limit.abort(new ConnectTimedOut()), this.options.connectTimeoutMs)
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    try {
      const addresses = await orAborted(this.guard.addressesOf(endpoint.host, endpoint.port), limit.signal)
      return await this.dialFirst(addresses, endpoint, limit.signal)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Dials the addresses one after the other, IPv4 first. Only TCP failures lead to the next address. */
  private async dialFirst(addresses: readonly string[], endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
    const candidates = [...addresses].sort((a, b) => Number(isIPv6(a)) - Number(isIPv6(b))).slice(0, MAX_ADDRESSES)
    let failure: unknown = new ConnectFailed('ENOADDRESS')
    for (const [index, address] of candidates.entries()) {
      signal.throwIfAborted()
      const isLast = index === candidates.length - 1
      try {
        return await this.dialOne(address, endpoint, isLast ? signal : shortened(signal, FIRST_ADDRESS_MS))
      } catch (error) {
        failure = error
        if (!(error instanceof ConnectFailed || error instanceof ConnectTimedOut)) throw error
      }
    }
    signal.throwIfAborted()
    throw failure
  }

  private dialOne(address: string, { host, port, isSecure }: Endpoint, signal: AbortSignal): Promise<Socket> {
    const accepts = (remoteAddress: string) => this.guard.lets(host, remoteAddress, port)
    return this.dial({ address, port, host, accepts, secureContext: isSecure ? this.secureContext : null }, signal)
  }
}

/** Returns a signal that aborts with the given one, or with `ConnectTimedOut` after `ms`. */
function shortened(signal: AbortSignal, ms: number): AbortSignal {
  const own = new AbortController()
  const timer = setTimeout(() => own.abort(new ConnectTimedOut()), ms)
  timer.unref()
  signal.addEventListener('abort', () => own.abort(signal.reason), { once: true, signal: own.signal })
  return own.signal
}

/** Rejects when the signal aborts. The work itself continues, and its outcome is then ignored. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
