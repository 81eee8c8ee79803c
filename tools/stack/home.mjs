import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rmdir } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { StackError } from './stack-error.mjs'

/** The root of the repository. */
export const ROOT = resolve(import.meta.dirname, '..', '..')

/**
 * Where a local system keeps everything it makes.
 *
 * @typedef {object} Home
 * @property {string} dir - Absolute.
 * @property {string} lockFile - Held by the running launcher.
 * @property {string} stackFile - Tells programs where the running system is; there only while it is ready.
 * @property {string} processesFile - Pids of what was started, for the launcher that comes after a crash.
 * @property {string} serversFile - Whether its data is of embedded servers or of Docker's.
 * @property {string} secretsDir
 * @property {string} logsDir
 * @property {string} cacheDir - Downloads; may be shared between homes.
 * @property {string} kafkaDir
 * @property {string} postgresDir
 * @property {string} dockerDir - Ports of Docker's servers; their data lies in volumes of Docker, in a project named by `docker-project` of the secrets.
 */

/**
 * @param {string} [dir] - Default: HOOKLANE_HOME, else `.hooklane` in the repository.
 * @param {string} [cacheDir] - Default: HOOKLANE_CACHE, else `cache` in the home.
 * @returns {Home}
 */
export function openHome(dir = process.env['HOOKLANE_HOME'] || join(ROOT, '.hooklane'), cacheDir) {
  const home = resolve(dir)
  return {
    dir: home,
    lockFile: join(home, 'launcher.lock'),
    stackFile: join(home, 'stack.json'),
    processesFile: join(home, 'processes.json'),
    serversFile: join(home, 'servers'),
    secretsDir: join(home, 'secrets'),
    logsDir: join(home, 'logs'),
    cacheDir: resolve(cacheDir ?? (process.env['HOOKLANE_CACHE'] || join(home, 'cache'))),
    kafkaDir: join(home, 'kafka'),
    postgresDir: join(home, 'postgres'),
    dockerDir: join(home, 'docker'),
  }
}

/**
 * @param {string} path
 * @returns {string} relative to the repository's root if it lies inside, as people type it
 */
export function displayPath(path) {
  const inside = relative(ROOT, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside
}

/** Why a folder cannot be written to, in words. */
const FOLDER_FAULTS = /** @type {Record<string, string>} */ ({
  ENOTDIR: 'it is a file, or lies below one',
  EACCES: 'it may not be written to by this user',
  EPERM: 'it may not be written to by this user',
  EROFS: 'it lies on a disk that may only be read',
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
})

/**
 * Makes the folder of a home; refuses with one line when nothing can be written there.
 *
 * @param {Home} home
 * @returns {Promise<void>}
 */
export async function makeHome({ dir }) {
  try {
    // A recursive mkdir on a disk that may only be read fails as if something was missing: ask what is there first.
    await probe(nearestFolder(dir))
    await mkdir(dir, { recursive: true })
    await probe(dir)
  } catch (error) {
    const { code = '', message } = /** @type {NodeJS.ErrnoException} */ (error)
    throw new StackError(
      `HOOKLANE_HOME=${displayPath(dir)} cannot be used: ${FOLDER_FAULTS[code] ?? message}. Name a folder that you may write to in HOOKLANE_HOME.`,
    )
  }
}

/** @param {string} folder */
const probe = async (folder) => rmdir(await mkdtemp(join(folder, '.probe-')))

/**
 * @param {string} path
 * @returns {string} itself, or what lies above it and exists
 */
function nearestFolder(path) {
  return existsSync(path) || path === dirname(path) ? path : nearestFolder(dirname(path))
}
