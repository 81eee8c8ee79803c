import { Client } from 'pg'
import { beginCaptureSession, captureUrl } from '../capture-session.js'
import { databaseFailure, SourceRefused } from '../source-refused.js'

/** Connecting takes milliseconds; a firewall that swallows packets must show as an error. */
const CONNECT_TIMEOUT_MS = 10_000

export interface ControlOptions {
  readonly databaseUrl: string
  readonly applicationName: string
  /** Cuts the connection, whatever it waits for. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Lends an ordinary connection for the catalogue, and closes it. What Postgres or the network refuses comes out as `SourceRefused`.
 * There is no limit on statements: making a slot waits for every transaction that is open.
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
  // A connection that breaks fails the statement that waits; without a listener it would end the process.
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

/** Nobody waits for the goodbye: the server may be away. */
function closeQuietly(client: Client): void {
  client.end().catch(() => undefined)
}
