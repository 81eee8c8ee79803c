import { isAbsolute, join, relative, resolve } from 'node:path'

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
 * @property {string} secretsDir
 * @property {string} logsDir
 * @property {string} cacheDir - Downloads; may be shared between homes.
 * @property {string} kafkaDir
 * @property {string} postgresDir
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
    secretsDir: join(home, 'secrets'),
    logsDir: join(home, 'logs'),
    cacheDir: resolve(cacheDir ?? (process.env['HOOKLANE_CACHE'] || join(home, 'cache'))),
    kafkaDir: join(home, 'kafka'),
    postgresDir: join(home, 'postgres'),
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
