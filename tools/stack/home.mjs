import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rmdir } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { StackError } from './stack-error.mjs'

/** The root of the repository. */
export const ROOT = resolve(import.meta.dirname, '..', '..')

/**
 * The folder of a local system, and the files and folders in it.
 *
 * @typedef {object} Home
 * @property {string} dir - Absolute.
 * @property {string} lockFile - Held by the running launcher.
 * @property {string} stackFile - Addresses and secrets of the running system, for programs. Exists only while the system is ready.
 * @property {string} processesFile - Pids of the started processes, for the launcher that is started after a crash.
 * @property {string} serversFile - Whether the data belongs to embedded servers or to Docker's.
 * @property {string} secretsDir
 * @property {string} logsDir
 * @property {string} cacheDir - Downloads; may be shared between homes.
 * @property {string} kafkaDir
 * @property {string} postgresDir
 * @property {string} dockerDir - The ports of the servers in Docker. Their data lies in Docker volumes; the secret `docker-project` is part
 *   of the name of their Compose project.
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
 * @returns {string} the path as people type it: relative to the root of the repository if the path lies inside the repository
 */
export function displayPath(path) {
  const inside = relative(ROOT, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside
}

/** Why a folder cannot be used, by the code of the error. */
const FOLDER_FAULTS = /** @type {Record<string, string>} */ ({
  ENOTDIR: 'it is a file, or lies below one',
  EACCES: 'this user may not write to it',
  EPERM: 'this user may not write to it',
  EROFS: 'its disk is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
})

/**
 * Creates the folder of a home. Throws a one-line message when the folder cannot be written to.
 *
 * @param {Home} home
 * @returns {Promise<void>}
 */
export async function makeHome({ dir }) {
  try {
    // On a read-only disk, a recursive mkdir fails as if a folder were missing, so check the nearest existing folder first.
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
 * @returns {string} the path itself, or the nearest folder above it that exists
 */
function nearestFolder(path) {
  return existsSync(path) || path === dirname(path) ? path : nearestFolder(dirname(path))
}
