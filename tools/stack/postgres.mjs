import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { isPortFree, rememberedPort, startOnFreePorts } from './ports.mjs'
import { findPostgresBinaries } from './postgres-binaries.mjs'
import { choosePostgresUser } from './postgres-user.mjs'
import { readOrMakeSecret } from './secrets.mjs'
import { lastLines, startServerProcess } from './server-process.mjs'
import { StackError } from './stack-error.mjs'

const run = promisify(execFile)

const SUPERUSER = 'postgres'

/**
 * How long a start may take. After a kill, recovery reads the WAL since the last checkpoint. With the default settings this takes
 * seconds, not minutes.
 */
const START_LIMIT_MS = 120_000

/**
 * The signals that stop Postgres, and how long to wait after each. Fast shutdown (SIGINT) waits until replication clients have
 * confirmed the end of the WAL; immediate shutdown (SIGQUIT) does not wait.
 */
const STOP_STEPS = /** @type {const} */ ([
  { signal: 'SIGINT', waitMs: 15_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
])

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // TCP only: a socket in /tmp would collide with those of other servers.
  unix_socket_directories: '',
  wal_level: 'logical',
  max_replication_slots: 50,
  max_wal_senders: 50,
  // A replication slot without a reader must not fill the disk.
  max_slot_wal_keep_size: '1GB',
  max_connections: 200,
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/**
 * @typedef {object} RunningPostgres
 * @property {string} url - Superuser, database `postgres`.
 * @property {number} pid
 * @property {string} log
 * @property {Promise<unknown>} exited
 * @property {(signal: NodeJS.Signals) => void} kill
 * @property {() => Promise<void>} stop
 */

/**
 * Starts PostgreSQL (the published binaries that npm installed) on loopback, and resolves when it accepts clients. Data in
 * `dataDir` is kept and used again. PostgreSQL refuses to run as root: for root it runs as the system user `postgres`,
 * which is created when it does not exist.
 *
 * @param {object} options
 * @param {string} options.dataDir
 * @param {number} [options.port] - Default: the port of the last start if it is free, else a free one.
 * @param {string} [options.secretsDir] - Holds the superuser's password. Default: `secrets` beside `dataDir`.
 * @param {string} [options.logDir] - Default: `logs` in `dataDir`.
 * @param {Readonly<Record<string, string | number>>} [options.settings] - Added to SETTINGS; a setting with the same name
 *   replaces the value there.
 * @param {(text: string) => void} [options.onProgress]
 * @param {import('./server-process.mjs').OnSpawn} [options.onSpawn]
 * @param {AbortSignal} [options.signal] - Aborts the start and ends the started processes.
 * @param {import('./postgres-binaries.mjs').PostgresRelease} [options.release] - Default: 18. Data of one release cannot be used by
 *   another.
 * @returns {Promise<RunningPostgres>}
 */
export async function startPostgres({
  dataDir,
  port: wantedPort,
  secretsDir = join(dirname(dataDir), 'secrets'),
  logDir = join(dataDir, 'logs'),
  settings = {},
  onProgress = () => {},
  onSpawn,
  signal,
  release = 18,
}) {
  const binaries = await findPostgresBinaries(release)
  const cluster = join(dataDir, 'cluster')
  await mkdir(dataDir, { recursive: true })
  const user = await choosePostgresUser([binaries.postgres, dataDir])
  const password = await readOrMakeSecret(secretsDir, 'postgres-password', () => randomBytes(24).toString('base64url'))
  if (!existsSync(cluster)) {
    onProgress('creating the database cluster')
    await initialise({ initdb: binaries.initdb, release, cluster, password, user })
  }
  signal?.throwIfAborted()
  if (wantedPort !== undefined && !(await isPortFree(wantedPort))) {
    throw new StackError(`PostgreSQL cannot use port ${wantedPort} on 127.0.0.1: another program listens there.`)
  }
  const choosePorts = async () => ({ port: wantedPort ?? (await rememberedPort(join(dataDir, 'port'))) })
  const server = await startOnFreePorts(choosePorts, async ({ port }) => ({
    port,
    ...(await serve({
      postgres: binaries.postgres,
      user,
      cluster,
      logDir,
      settings: { ...SETTINGS, ...settings, port },
      onSpawn: onSpawn ?? (() => {}),
      signal,
    })),
  }))
  return { ...server, url: `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/postgres` }
}

/**
 * @param {object} options
 * @param {string} options.postgres - The binary.
 * @param {import('./postgres-user.mjs').PostgresUser} options.user
 * @param {string} options.cluster
 * @param {string} options.logDir
 * @param {Readonly<Record<string, string | number>>} options.settings
 * @param {import('./server-process.mjs').OnSpawn} options.onSpawn
 * @param {AbortSignal | undefined} options.signal
 */
async function serve({ postgres, user, cluster, logDir, settings, onSpawn, signal }) {
  const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [command, ...args] = [...user.prefix, postgres, '-D', cluster, ...set]
  const server = await startServerProcess({
    name: 'postgres',
    command: /** @type {string} */ (command),
    args,
    marker: cluster,
    log: join(logDir, 'postgres.log'),
    cwd: dirname(cluster),
    ...user.spawnAs,
    onSpawn,
  })
  const stop = () => server.stop(STOP_STEPS)
  try {
    await untilReady({ server, cluster, signal })
  } catch (error) {
    await stop()
    throw error
  }
  return { pid: server.pid, log: server.log, exited: server.exited, kill: server.kill, stop }
}

/**
 * Creates the cluster under a draft name and renames it when it is complete, so that the next start repeats an interrupted
 * creation.
 *
 * @param {object} options
 * @param {string} options.initdb
 * @param {import('./postgres-binaries.mjs').PostgresRelease} options.release
 * @param {string} options.cluster
 * @param {string} options.password
 * @param {import('./postgres-user.mjs').PostgresUser} options.user
 */
async function initialise({ initdb, release, cluster, password, user }) {
  const draft = `${cluster}.draft`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true, mode: 0o700 })
  const passwordFile = `${draft}.password`
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user.owner !== null) {
    await chown(draft, user.owner.uid, user.owner.gid)
    await chown(passwordFile, user.owner.uid, user.owner.gid)
  }
  // The machine's locale is not used, so that every machine sorts texts alike and prints the same messages. The builtin locale
  // provider exists since release 17.
  const provider = release >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []
  const locale = ['--encoding=UTF8', '--locale=C', ...provider]
  const access = [`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const [command, ...args] = [...user.prefix, initdb, `--pgdata=${draft}`, ...locale, ...access]
  try {
    await run(/** @type {string} */ (command), args, { cwd: dirname(cluster), ...user.spawnAs })
  } catch (error) {
    throw new StackError(`initdb failed in ${draft}: ${error instanceof Error ? error.message : error}`)
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(draft, cluster)
}

/**
 * Waits until the eighth line of `postmaster.pid` says `ready`, as pg_ctl does.
 *
 * @param {{ server: import('./server-process.mjs').ServerProcess, cluster: string, signal: AbortSignal | undefined }} options
 */
async function untilReady({ server, cluster, signal }) {
  const limit = Date.now() + START_LIMIT_MS
  for (;;) {
    const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (Number(lines[0]) === server.pid && lines[7]?.trim() === 'ready') return
    const evidence = `The end of ${server.log}:\n${lastLines(server.log)}`
    signal?.throwIfAborted()
    if (!server.isRunning()) throw new StackError(`PostgreSQL ended while it started. ${evidence}`)
    if (Date.now() > limit) {
      throw new StackError(`PostgreSQL is not ready after ${START_LIMIT_MS / 1000} s. ${evidence}`)
    }
    await delay(50)
  }
}
