import { Client, type ClientConfig } from 'pg'
import { unknownBlocker, type Blocker, type OnWaiting } from '../blockers/blocker.js'
import { readBlockers } from '../blockers/read-blockers.js'
import { watchBlockers } from '../blockers/watch-blockers.js'
import { beginCaptureSession, captureUrl } from '../session-settings.js'
import { databaseFailure, SourceUnreadable } from '../source-unreadable.js'

/** Limit for connecting, which normally takes milliseconds. When a firewall drops the packets, connecting fails after this time. */
const CONNECT_TIMEOUT_MS = 10_000
/** Limit for each query that reads the blockers of a session. Such a query waits for no lock, so only a silent server exceeds the limit. */
const LOOK_TIMEOUT_MS = 5_000
/** Default name of the first step of the work (see `BeginStep`). */
export const LOOK_AT_CATALOGUE = 'a look at the catalogue'

export interface ControlOptions {
  readonly databaseUrl: string
  readonly applicationName: string
  /** When it aborts, the work ends and the connection is closed, even while the work waits. */
  readonly signal?: AbortSignal | undefined
  /** Name of the first step, as for `BeginStep`. */
  readonly step?: string | undefined
  /** Called when a statement waits for other sessions of the server, or for prepared transactions. */
  readonly onWaiting?: OnWaiting | undefined
}

/** Call before a step of the work that may wait for blockers. @param step for example "the creation of the replication slot pim" */
export type BeginStep = (step: string) => void

/**
 * Calls `work` with an ordinary connection for the catalogue, and closes it afterwards. Errors of Postgres and of the network are thrown as
 * `SourceUnreadable`. Statements have no timeout, because creating a slot waits for every open transaction. While a statement waits, a
 * second connection reads what blocks it.
 */
export async function withControlConnection<T>(
  options: ControlOptions,
  work: (client: Client, beginStep: BeginStep) => Promise<T>,
): Promise<T> {
  const { signal, step = LOOK_AT_CATALOGUE } = options
  signal?.throwIfAborted()
  const client = makeClient(options)
  let cut: () => void = () => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    cut = () => reject(new SourceUnreadable('UNREACHABLE', 'the source is being closed'))
  })
  signal?.addEventListener('abort', cut, { once: true })
  let steps: WatchedSteps | undefined
  const run = async (): Promise<T> => {
    await client.connect()
    await beginCaptureSession(client)
    const watched = await watchSteps(client, options)
    signal?.throwIfAborted()
    steps = watched
    watched.begin(step)
    return work(client, watched.begin)
  }
  try {
    return await Promise.race([run(), aborted])
  } catch (error) {
    throw databaseFailure(error)
  } finally {
    steps?.end()
    signal?.removeEventListener('abort', cut)
    closeQuietly(client)
  }
}

function makeClient({ databaseUrl, applicationName }: ControlOptions, limits: ClientConfig = {}): Client {
  const client = new Client({
    connectionString: captureUrl(databaseUrl),
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    ...limits,
  })
  // When the connection breaks, the pending statement fails. Without a listener, the event would also end the process.
  client.on('error', () => undefined)
  return client
}

interface WatchedSteps {
  readonly begin: BeginStep
  readonly end: () => void
}

async function watchSteps(client: Client, options: ControlOptions): Promise<WatchedSteps> {
  const { onWaiting } = options
  if (!onWaiting) return { begin: () => undefined, end: () => undefined }
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const pid = rows[0]?.pid
  if (pid === undefined) throw new Error('PostgreSQL did not return the pid of the session')
  const lookForBlockers = (signal: AbortSignal) => readBlockersOf(pid, options, signal)
  let isOver = false
  let endStep: () => void = () => undefined
  return {
    begin: (step) => {
      // After an abort, the work may still run until it begins its next step.
      if (isOver) return
      endStep()
      endStep = watchBlockers({ work: step, readBlockers: lookForBlockers, onWaiting })
    },
    end: () => {
      isOver = true
      endStep()
    },
  }
}

async function readBlockersOf(pid: number, options: ControlOptions, ended: AbortSignal): Promise<readonly Blocker[]> {
  const client = makeClient(options, { query_timeout: LOOK_TIMEOUT_MS })
  ended.addEventListener('abort', () => closeQuietly(client), { once: true })
  try {
    await client.connect()
    await beginCaptureSession(client)
    return await readBlockers(client, pid)
  } catch (error) {
    return [unknownBlocker(databaseFailure(error).message, pid)]
  } finally {
    closeQuietly(client)
  }
}

/** Does not wait until the connection is closed, because the server may be unreachable. */
function closeQuietly(client: Client): void {
  client.end().catch(() => undefined)
}
