/** Why no connection was opened. `reason` is an error code of the system or resolver, for messages only. Callers branch on the class. */
abstract class ConnectionError extends Error {
  abstract readonly code: string
}

/** The guard refused the target, because its address, or an address that its name resolves to, is not public. */
export class AddressBlocked extends ConnectionError {
  readonly code = 'ADDRESS_BLOCKED'
  constructor() {
    // The address is left out, because it would reveal our network to the caller.
    super('the target is not a public address')
    this.name = 'AddressBlocked'
  }
}

export class NameNotResolved extends ConnectionError {
  readonly code = 'NAME_NOT_RESOLVED'
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the host name cannot be resolved: ${reason}`, options)
    this.name = 'NameNotResolved'
  }
}

export class ConnectFailed extends ConnectionError {
  readonly code = 'CONNECT_FAILED'
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`no connection could be made: ${reason}`, options)
    this.name = 'ConnectFailed'
  }
}

export class ConnectTimedOut extends ConnectionError {
  readonly code = 'CONNECT_TIMED_OUT'
  constructor() {
    super('no connection within the time limit')
    this.name = 'ConnectTimedOut'
  }
}

/**
 * The TLS handshake failed, because of the certificate, the name or the version, or because the peer does not speak TLS. No request was
 * sent.
 */
export class TlsFailed extends ConnectionError {
  readonly code = 'TLS_FAILED'
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the TLS handshake failed: ${reason}`, options)
    this.name = 'TlsFailed'
  }
}

/** Returns the code that Node or c-ares gave an error, or `unknown`. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'unknown'
  return typeof error.code === 'string' ? error.code : 'unknown'
}
