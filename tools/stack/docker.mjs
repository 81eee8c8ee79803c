import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './home.mjs'
import { readOrMakeSecret } from './secrets.mjs'
import { runTool } from './tool.mjs'

const run = promisify(execFile)

const COMPOSE_FILE = join(ROOT, 'docker-compose.yml')

/** How long Docker may take to answer. Too long: an engine that hangs delays a start that could use embedded servers. */
const ANSWER_LIMIT_MS = 5_000

/** The first version that supports `env_file` with `path` and `required`, which docker-compose.yml uses. */
const MIN_COMPOSE = { major: 2, minor: 24 }

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
    const { stdout } = await run('docker', ['compose', 'version', '--short'], { timeout: ANSWER_LIMIT_MS })
    return composeFault(stdout.trim())
  } catch {
    return 'Docker has no Compose plugin (docker compose version)'
  }
}

/**
 * @param {string} version - As Compose prints it: `2.36.2`, `v2.24.6-desktop.1`.
 * @returns {string | null}
 */
function composeFault(version) {
  const [, major, minor] = version.match(/^v?(\d+)\.(\d+)/)?.map(Number) ?? []
  if (major === undefined || minor === undefined) return `the version of Docker Compose cannot be read (${version})`
  const isOld = major < MIN_COMPOSE.major || (major === MIN_COMPOSE.major && minor < MIN_COMPOSE.minor)
  return isOld ? `Docker Compose ${version} is older than ${MIN_COMPOSE.major}.${MIN_COMPOSE.minor}` : null
}

/**
 * The name of a home's Compose project. Each home has its own project, so that homes share no containers and no volumes. A home
 * that was deleted and created again under the same path gets a new project: the Postgres in the old volumes accepts only the old
 * password, which was deleted with the home.
 *
 * @param {import('./home.mjs').Home} home
 * @returns {Promise<string>}
 */
export async function composeProject({ dir, secretsDir }) {
  // Invariant: the id and the password lie in the same folder, so that neither outlives the other.
  const id = await readOrMakeSecret(secretsDir, 'docker-project', () => randomBytes(16).toString('hex'))
  return `hooklane-${createHash('sha256').update(`${dir}\n${id}`).digest('hex').slice(0, 10)}`
}

/**
 * Runs `docker compose` on the project of the home, and resolves when the command has ended.
 *
 * @param {import('./home.mjs').Home} home
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, advice?: string, signal?: AbortSignal | undefined }} [options]
 * @returns {Promise<void>}
 */
export async function runCompose(home, args, { env = {}, advice = '', signal } = {}) {
  const project = await composeProject(home)
  const command = ['compose', '--project-name', project, '--file', COMPOSE_FILE, '--progress', 'plain']
  return runTool({
    what: `docker compose ${args[0]}`,
    command: 'docker',
    args: [...command, ...args],
    advice,
    env: { ...process.env, ...env },
    signal,
  })
}
