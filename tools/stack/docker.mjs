import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './home.mjs'
import { runTool } from './tool.mjs'

const run = promisify(execFile)

const COMPOSE_FILE = join(ROOT, 'docker-compose.yml')

/** An engine that hangs must not hold a start up for longer: embedded servers do as well. */
const ANSWER_LIMIT_MS = 5_000

/**
 * @returns {Promise<string | null>} why Docker Compose cannot be used here, null when it can
 */
export async function dockerFault() {
  try {
    await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: ANSWER_LIMIT_MS })
  } catch (error) {
    const isMissing = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT'
    return isMissing ? 'docker was not found' : 'no Docker engine answers'
  }
  try {
    await run('docker', ['compose', 'version', '--short'], { timeout: ANSWER_LIMIT_MS })
    return null
  } catch {
    return 'Docker has no Compose plugin (docker compose version)'
  }
}

/**
 * The Compose project of a home: two homes have containers and volumes of their own.
 *
 * @param {import('./home.mjs').Home} home
 */
export const composeProject = ({ dir }) => `hooklane-${createHash('sha256').update(dir).digest('hex').slice(0, 10)}`

/**
 * Runs `docker compose` on the home's project to its end.
 *
 * @param {import('./home.mjs').Home} home
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, advice?: string, signal?: AbortSignal | undefined }} [options]
 * @returns {Promise<void>}
 */
export function runCompose(home, args, { env = {}, advice = '', signal } = {}) {
  const command = ['compose', '--project-name', composeProject(home), '--file', COMPOSE_FILE, '--progress', 'plain']
  return runTool({
    what: `docker compose ${args[0]}`,
    command: 'docker',
    args: [...command, ...args],
    advice,
    env: { ...process.env, ...env },
    signal,
  })
}
