import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../../tools/stack/ports.mjs'
import { lastLines } from '../../../tools/stack/server-process.mjs'
import { StackError } from '../../../tools/stack/stack-error.mjs'

/** Vendure needs three seconds to start, and thirty on a busy machine. */
const READY_LIMIT_MS = 180_000
/** Longer than Vendure takes to close its connections. */
const STOP_LIMIT_MS = 10_000

/**
 * @typedef {object} Shop
 * @property {string} adminApiUrl
 * @property {{ user: string, password: string }} login
 * @property {() => Promise<void>} stop
 */

/**
 * Starts Vendure on a free port in a separate process; resolves when it is ready.
 *
 * @param {{ databaseUrl: string, timezone: string, log: string, signal: AbortSignal }} options
 * @returns {Promise<Shop>}
 */
export async function startShop({ databaseUrl, timezone, log, signal }) {
  const port = await freePort()
  const login = { user: 'superadmin', password: randomBytes(12).toString('base64url') }
  const child = spawnShop(log, {
    VENDURE_DATABASE_URL: databaseUrl,
    SHOP_PORT: String(port),
    SHOP_USER: login.user,
    SHOP_PASSWORD: login.password,
    TZ: timezone,
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await Promise.race([exited, delay(STOP_LIMIT_MS, undefined, { ref: false })])
    child.kill('SIGKILL')
    await exited
  }
  try {
    await untilReady({ child, exited, log, signal })
  } catch (error) {
    await stop()
    throw error
  }
  return { adminApiUrl: `http://127.0.0.1:${port}/admin-api`, login, stop }
}

/**
 * Starts Vendure in its own session: a Ctrl-C in the terminal then reaches only the example, which stops everything in order.
 *
 * @param {string} log
 * @param {NodeJS.ProcessEnv} settings
 */
function spawnShop(log, settings) {
  mkdirSync(dirname(log), { recursive: true })
  const output = openSync(log, 'a')
  try {
    return fork(join(import.meta.dirname, 'server.mjs'), {
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
      env: { ...process.env, ...settings, VENDURE_DISABLE_TELEMETRY: 'true' },
    })
  } finally {
    closeSync(output)
  }
}

/**
 * @param {{ child: import('node:child_process').ChildProcess, exited: Promise<unknown>, log: string, signal: AbortSignal }} options
 */
async function untilReady({ child, exited, log, signal }) {
  const limit = AbortSignal.timeout(READY_LIMIT_MS)
  const outcome = await Promise.race([
    once(child, 'message', { signal: AbortSignal.any([signal, limit]) }).then(
      () => 'ready',
      () => 'given up',
    ),
    exited.then(() => 'ended'),
  ])
  signal.throwIfAborted()
  if (outcome === 'ready') return
  const what = outcome === 'ended' ? 'ended before it was ready' : `is not ready after ${READY_LIMIT_MS / 1000} s`
  throw new StackError(`Vendure ${what}. The end of ${log}:\n${lastLines(log)}`)
}
