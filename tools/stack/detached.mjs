import { spawn } from 'node:child_process'
import { closeSync, fchmodSync, mkdirSync, openSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { displayPath, makeHome, openHome } from './home.mjs'
import { requireUnclaimed } from './home-claim.mjs'
import { lockHolder } from './lock.mjs'

const POLL_MS = 200

/** Only the owner may read the log, because the launcher's output names databases, paths and subscribers. */
const LOG_MODE = 0o600

/**
 * Starts the launcher in the background, shows its output until the system is ready or the start has failed, and returns.
 *
 * @param {readonly string[]} args - As given to `npm start`.
 * @returns {Promise<void>}
 */
export async function startDetached(args) {
  const home = openHome()
  await makeHome(home)
  await requireUnclaimed(home)
  const log = join(home.logsDir, 'launcher.log')
  mkdirSync(home.logsDir, { recursive: true })
  const output = openSync(log, 'w', LOG_MODE)
  // `open` sets the mode of a new file only, so a log of an earlier start would keep its mode.
  fchmodSync(output, LOG_MODE)
  const launcher = spawn(
    process.execPath,
    [join(import.meta.dirname, 'start.mjs'), ...args.filter((word) => word !== '--detach')],
    { detached: true, stdio: ['ignore', output, output] },
  )
  closeSync(output)
  /** @type {number | null} */
  let exitCode = null
  launcher.once('exit', (code) => (exitCode = code ?? 1))
  launcher.once('error', (error) => {
    throw error
  })
  let shown = 0
  for (let isOver = false; !isOver; await delay(POLL_MS)) {
    isOver = exitCode !== null || (await isReady(home, launcher.pid))
    shown = await showFrom(log, shown)
  }
  if (exitCode !== null) {
    process.exitCode = exitCode
    return
  }
  launcher.unref()
  process.stdout.write(`Running in the background (pid ${launcher.pid}); npm stop ends it. Log: ${displayPath(log)}\n`)
}

/**
 * @param {import('./home.mjs').Home} home
 * @param {number | undefined} pid
 */
async function isReady(home, pid) {
  const holder = await lockHolder(home.lockFile)
  return holder?.pid === pid && statSync(home.stackFile, { throwIfNoEntry: false }) !== undefined
}

/**
 * @param {string} file
 * @param {number} from
 * @returns {Promise<number>} the number of bytes shown so far
 */
async function showFrom(file, from) {
  const content = await readFile(file)
  process.stdout.write(content.subarray(from))
  return content.length
}
