import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { displayPath, openHome } from './home.mjs'
import { lockHolder, tryLock } from './lock.mjs'
import { isAlive } from './process-identity.mjs'
import { ProcessRegistry } from './process-registry.mjs'
import { removeStack } from './stack-file.mjs'

/*
 * `npm stop` ends the system of HOOKLANE_HOME, whether it runs in a terminal, in the background or without its launcher;
 * `npm run reset` also removes its data, logs and secrets, and leaves the downloads.
 */

/** How often a person is told that the end is not reached yet. */
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
    print(`Waiting for the launcher (pid ${launcher.pid}): its services end what they have in flight.`)
  }
  return true
}

/** @param {import('./home.mjs').Home} home */
async function endLeftovers(home) {
  const attempt = await tryLock(home.lockFile)
  if ('heldBy' in attempt) throw new Error(`${displayPath(home.dir)} was started again by pid ${attempt.heldBy}`)
  let hasSpoken = false
  await new ProcessRegistry(home.processesFile).endLeftovers((text) => {
    hasSpoken = true
    print(text)
  })
  await removeStack(home)
  await attempt.lock.release()
  return hasSpoken
}

async function main() {
  const { values } = parseArgs({ options: { reset: { type: 'boolean', default: false } } })
  const home = openHome()
  const launcherEnded = await endLauncher(home)
  // Also after an orderly end: a launcher that died while it stopped leaves servers behind.
  const ended = (await endLeftovers(home)) || launcherEnded
  print(ended ? 'Stopped.' : `Nothing runs in ${displayPath(home.dir)}.`)
  if (!values.reset) return
  for (const dir of [home.kafkaDir, home.postgresDir, home.logsDir, home.secretsDir]) {
    await rm(dir, { recursive: true, force: true })
  }
  print(`Removed the data, logs and secrets in ${displayPath(home.dir)}.`)
}

await main()
