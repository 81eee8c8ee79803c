/** The address on which a service tried to listen. */
export interface ListenAddress {
  /** The setting that contains the port. */
  readonly key: string
  readonly host: string
  readonly port: number
}

/** Returns an error that names the setting of the port if the port cannot be opened; returns every other error unchanged. */
export function explainListenFault(error: unknown, { key, host, port }: ListenAddress): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') {
    const advice = 'Stop that program, or choose another port (0 takes a free one)'
    return new Error(`${key}=${port}: another program listens on this port of ${host}. ${advice}`, { cause: error })
  }
  if (code === 'EACCES') {
    const advice = 'Choose a port above 1023 (0 takes a free one)'
    return new Error(`${key}=${port}: this user may not listen on that port. ${advice}`, { cause: error })
  }
  return error
}
