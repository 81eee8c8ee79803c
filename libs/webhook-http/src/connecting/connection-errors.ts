/** Why no connection came about. `reason` holds the system's or resolver's code for people; decisions are made by class. */
abstract class ConnectionError extends Error {
  abstract readonly code: string
}

/** The guard refused: the target, or an address that its name resolves to, is not a public one. Nothing was dialled. */
export class AddressBlocked extends ConnectionError {
  readonly code = 'ADDRESS_BLOCKED'
  constructor() {
    // The address is left out: it would tell a caller what stands in our network.
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
    super(`the name of the host cannot be resolved: ${reason}`, options)
    this.name = 'NameNotResolved'
  }
}

export class ConnectFailed extends ConnectionError {
  readonly code = 'CONNECT_FAILED'
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`no connection: ${reason}`, options)
    this.name = 'ConnectFailed'
  }
}

export class ConnectTimedOut extends ConnectionError {
  readonly code = 'CONNECT_TIMED_OUT'
  constructor() {
    super('no connection in time')
    this.name = 'ConnectTimedOut'
  }
}

/** The handshake failed: certificate, name, version, or what answered speaks no TLS. Nothing of the request was sent. */
export class TlsFailed extends ConnectionError {
  readonly code = 'TLS_FAILED'
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`TLS failed: ${reason}`, options)
    this.name = 'TlsFailed'
  }
}

/** The code that Node or c-ares gave an error, or `unknown`. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'unknown'
  return typeof error.code === 'string' ? error.code : 'unknown'
}
