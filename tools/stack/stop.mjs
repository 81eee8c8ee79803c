import './require-node.mjs'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { removeData } from './data.mjs'
import { stopDockerServers } from './docker-servers.mjs'
import { displayPath, makeHome, openHome } from './home.mjs'
import { lockHolder, tryLock } from './lock.mjs'
import { isAlive } from './process-identity.mjs'
import { ProcessRegistry } from './process-registry.mjs'
import { parseOrExplain, runMain } from './run-main.mjs'
import { earlierServers } from './server-source.mjs'
import { StackError } from './stack-error.mjs'
import { removeStack } from './stack-file.mjs'

/*
 * `npm stop` ends the system of HOOKLANE_HOME, whether it runs in a terminal, in the background or without its launcher.
 * `npm run reset` also removes the data, logs and secrets of this system, and keeps the downloads.
 */

const USAGE = `Usage: npm stop\n       npm run reset\n`

/** How often a reminder is printed while the launcher is still running. */
const REMIND_MS = 5_000

const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

/** @param {import('./home.mjs').Home} home */
async function endLauncher(home) {
  const launcher = await lockHolder(home.lockFile)
  if (launcher === null) return false
  process.kill(launcher.pid, 'SIGTERM')
  for (let remindAt = Date.now() + REMIND_MS; isAlive(launcher); await delay(100)) {
    if (Date.now() < remindAt) continue
    remindAt = Date.now() + REMIND_MS
    print(`Waiting for the launcher (pid ${launcher.pid}): its services are finishing their requests in flight.`)
  }
  return true
}

/** @param {import('./home.mjs').Home} home */
async function endLeftovers(home) {
  const attempt = await tryLock(home.lockFile)
  if ('heldBy' in attempt) throw new StackError(`${displayPath(home.dir)} was started again by pid ${attempt.heldBy}`)
  let hasSpoken = false
  await new ProcessRegistry(home.processesFile, print).endLeftovers((text) => {
    hasSpoken = true
    print(text)
  })
  // Containers outlive a launcher that died. When they are stopped already, this changes nothing.
  if ((await earlierServers(home)) === 'docker') await stopDockerServers(home)
  await removeStack(home)
  await attempt.lock.release()
  return hasSpoken
}

async function main() {
  const options = { reset: { type: /** @type {const} */ ('boolean'), default: false } }
  const parsed = parseOrExplain(() => parseArgs({ options }), USAGE)
  if (parsed === null) return
  const home = openHome()
  if (!existsSync(home.dir)) return print(`Nothing runs in ${displayPath(home.dir)}.`)
  await makeHome(home)
  const launcherEnded = await endLauncher(home)
  // Necessary even if a launcher has ended: a launcher that is killed while it stops leaves servers behind.
  const ended = (await endLeftovers(home)) || launcherEnded
  print(ended ? 'Stopped.' : `Nothing runs in ${displayPath(home.dir)}.`)
  if (!parsed.values.reset) return
  await removeData(home)
  for (const dir of [home.logsDir, home.secretsDir]) {
    await rm(dir, { recursive: true, force: true })
  }
  print(`Removed the data, logs and secrets in ${displayPath(home.dir)}.`)
}

await runMain(main)
