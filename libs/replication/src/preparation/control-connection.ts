import { Client } from 'pg'
import { beginCaptureSession, captureUrl } from '../session-settings.js'
import { databaseFailure, SourceRefused } from '../source-refused.js'

/** Connecting takes milliseconds. When a firewall drops the packets, this limit turns the silence into an error. */
const CONNECT_TIMEOUT_MS = 10_000

export interface ControlOptions {
  readonly databaseUrl: string
  readonly applicationName: string
  /** Ends the work and closes the connection, whatever the work waits for. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Calls `work` with an ordinary connection for the catalogue, and closes it afterwards. Errors of Postgres and of the network are thrown as
 * `SourceRefused`. Statements have no timeout: creating a slot waits for every open transaction.
 */
export async function withControlConnection<T>(
  { databaseUrl, applicationName, signal }: ControlOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const client = new Client({
    connectionString: captureUrl(databaseUrl),
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  })
  // A connection that breaks fails the pending statement. Without a listener, the event would end the process.
  client.on('error', () => undefined)
  let cut: (() => void) | undefined
  try {
    await client.connect()
    await beginCaptureSession(client)
    return await Promise.race([
      work(client),
      new Promise<never>((_resolve, reject) => {
        cut = () => reject(new SourceRefused('UNREACHABLE', 'the source is being closed'))
        signal?.addEventListener('abort', cut, { once: true })
      }),
    ])
  } catch (error) {
    throw databaseFailure(error)
  } finally {
    if (cut) signal?.removeEventListener('abort', cut)
    closeQuietly(client)
  }
}

/** Does not wait until the connection is closed: the server may be away. */
function closeQuietly(client: Client): void {
  client.end().catch(() => undefined)
}
