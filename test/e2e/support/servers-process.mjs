import { createInterface } from 'node:readline'
import { openHome } from '../../../tools/stack/home.mjs'
import { startServers } from '../../../tools/stack/infrastructure.mjs'
import { preflight } from '../../../tools/stack/preflight.mjs'
import { ProcessRegistry } from '../../../tools/stack/process-registry.mjs'
import { runMain } from '../../../tools/stack/run-main.mjs'

/*
 * Runs the launcher's servers without services. Starts the servers in HOOKLANE_HOME, prints one JSON line with their addresses,
 * and stops the servers when stdin ends. Progress is printed as lines that begin with `# `. With `--no-preflight`, the servers
 * start even on a disk that is too small for the launcher's checks.
 */

const home = openHome()
const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`)

await runMain(async () => {
  const env = process.env
  const onProgress = (/** @type {string} */ step, /** @type {string} */ text) => say(`# ${step}: ${text}`)
  const servers = process.argv.includes('--no-preflight')
    ? 'embedded'
    : await preflight({ home, env, fresh: false, onProgress })
  const infrastructure = await startServers({
    home,
    env,
    servers,
    registry: new ProcessRegistry(home.processesFile, (text) => say(`# processes.json ${text}`)),
    restart: true,
    onRestarted: () => {},
    onProgress,
    signal: undefined,
  })
  const { serverUrl, kafkaBrokers } = infrastructure
  say(JSON.stringify({ serverUrl, kafkaBrokers, servers }))
  await new Promise((resolve) => createInterface(process.stdin).once('close', resolve))
  await infrastructure.stop()
})
