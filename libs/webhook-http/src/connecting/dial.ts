import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { AddressBlocked, ConnectFailed, TlsFailed, codeOf } from './connection-errors.js'

export interface DialTarget {
  readonly address: string
  readonly port: number
  /** The name or literal address in the URL, for which the certificate must be valid. */
  readonly host: string
  /** Null for plain HTTP, which only targets in `ALLOW_TARGETS` may use. */
  readonly secureContext: SecureContext | null
  /** Called with the remote address as soon as TCP is connected, before TLS sends anything. False: the connection is closed. */
  readonly accepts: (remoteAddress: string) => boolean
}

/** Opens one connection to one checked address. Rejects with the signal's reason when `signal` aborts. */
export type Dial = (target: DialTarget, signal: AbortSignal) => Promise<Socket>

/** Dials over the network. Certificates are always verified, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says. */
export const dial: Dial = (target, signal) =>
  new Promise((resolve, reject) => {
    const { address, port, host, secureContext } = target
    let isConnected = false
    const socket = secureContext
      ? connectTls({
          host: address,
          port,
          secureContext,
          rejectUnauthorized: true,
          ALPNProtocols: ['http/1.1'],
          ...(isIP(host) === 0 ? { servername: host } : {}),
        })
      : connectTcp({ host: address, port })

    const fail = (error: unknown) => {
      signal.removeEventListener('abort', onAbort)
      reject(error instanceof Error ? error : new ConnectFailed('unknown', { cause: error }))
      socket.destroy()
    }
    const onAbort = () => fail(signal.reason)
    const succeed = () => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      resolve(socket)
    }
    const onError = (cause: unknown) => fail(failureOf(cause, isConnected && secureContext !== null))

    signal.addEventListener('abort', onAbort, { once: true })
    // This listener is never removed: an error that comes before the user of the socket adds its listener must not end the process.
    socket.on('error', ignoreLateError)
    socket.on('error', onError)
    socket.once('connect', () => {
      isConnected = true
      if (!target.accepts(socket.remoteAddress ?? '')) fail(new AddressBlocked())
      else if (!secureContext) succeed()
    })
    socket.once('secureConnect', succeed)
    socket.setNoDelay(true)
    if (signal.aborted) onAbort()
  })

/** The user of the socket reports errors; this listener only keeps Node from treating the event as unhandled. */
function ignoreLateError(): void {
  return
}

function failureOf(cause: unknown, isHandshake: boolean): Error {
  const reason = codeOf(cause)
  return isHandshake ? new TlsFailed(reason, { cause }) : new ConnectFailed(reason, { cause })
}
