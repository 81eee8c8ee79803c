import './require-node.mjs'
import { displayPath, openHome } from './home.mjs'
import { withoutPassword } from './named-servers.mjs'
import { parseStartArguments, USAGE } from './arguments.mjs'
import { startDetached } from './detached.mjs'
import { createProgress } from './progress.mjs'
import { parseOrExplain, runMain } from './run-main.mjs'
import { System } from './system.mjs'

const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

/**
 * The result of `startSample(context)` of tools/sample, which creates the sample PIM and receiver when the servers run. The services
 * get `captureFile` and `env`. The launcher calls `ready` when the system is ready.
 *
 * @typedef {object} Sample
 * @property {string} captureFile
 * @property {NodeJS.ProcessEnv} [env] - Variables that the capture file names.
 * @property {(stack: import('./stack-file.mjs').Stack) => Promise<void>} ready
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} SampleContext
 * @property {string} serverUrl - Postgres, as a user who may create databases.
 * @property {string} homeDir - The folder for the files of the sample.
 * @property {(step: string, text: string) => void} onProgress
 * @property {(line: string) => void} print
 * @property {AbortSignal} signal
 */

async function main() {
  const options = parseOrExplain(() => parseStartArguments(process.argv.slice(2)), USAGE)
  if (options === null) return
  if (options.help) return print(USAGE)
  if (options.detach) return startDetached(process.argv.slice(2))
  await new Launcher(options).run()
}

/** Runs one system until a signal ends it. */
class Launcher {
  #abort = new AbortController()
  #progress = createProgress(print)
  /** @type {Sample | null} */
  #sample = null
  #system

  /** @param {import('./arguments.mjs').StartArguments} options */
  constructor({ sample, captureFile, dispatchers, restart }) {
    this.#system = new System({
      captureFile,
      dispatchers,
      restart,
      onProgress: this.#progress.report,
      signal: this.#abort.signal,
      ...(sample ? { beforeServices: (servers) => this.#startSample(servers) } : {}),
    })
  }

  async run() {
    const aborted = new Promise((resolve) => this.#abort.signal.addEventListener('abort', resolve))
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => this.#end())
    try {
      await this.#system.prepare({ withServices: true })
      await this.#system.startServices(await this.#system.startServers())
      this.#progress.end()
      print(summary(this.#system.stack))
      await this.#sample?.ready(this.#system.stack)
      await aborted
    } catch (error) {
      // A step that was aborted by a signal throws, too: that is not a fault.
      if (!this.#abort.signal.aborted) throw error
    } finally {
      this.#abort.abort()
      // Order matters: the receiver outlives the dispatchers, so that it still answers their requests in flight.
      await this.#system.stop()
      await this.#sample?.stop()
      this.#progress.end()
    }
    print('Stopped. The data is kept, and the next start continues with it.')
  }

  /** @param {import('./system.mjs').Servers} servers */
  async #startSample({ serverUrl }) {
    const { startSample } = await import('../sample/index.mjs')
    this.#sample = await startSample({
      serverUrl,
      homeDir: openHome().dir,
      onProgress: this.#progress.report,
      print,
      signal: this.#abort.signal,
    })
    const { captureFile, env = {} } = this.#sample
    return { captureFile, env }
  }

  /** The first signal ends everything; each further one prints which processes are still running. */
  #end() {
    if (this.#abort.signal.aborted) {
      const { running } = this.#system
      return print(
        running.length > 0
          ? `Still waiting for ${running.join(', ')} to end.`
          : 'All processes have ended; cleaning up.',
      )
    }
    this.#abort.abort()
    print('\nStopping …')
  }
}

/** @param {import('./stack-file.mjs').Stack} stack */
function summary({ apiUrl, databaseUrl, kafkaBrokers }) {
  const home = openHome()
  return [
    '',
    `Hooklane is running.   API ${apiUrl}/v1   docs ${apiUrl}/docs   Kafka ${kafkaBrokers.join(',')}`,
    `  Database   ${withoutPassword(databaseUrl)}`,
    `  Operator   export KEY=$(cat ${displayPath(home.secretsDir)}/operator-key)   curl -H "Authorization: Bearer $KEY" ${apiUrl}/v1/companies`,
    `  Logs       ${displayPath(home.logsDir)}/   addresses and secrets, as JSON for programs: ${displayPath(home.stackFile)}`,
    '  Ctrl-C stops everything.',
    '',
  ].join('\n')
}

await runMain(main)
