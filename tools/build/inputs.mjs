import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ENTRIES, ROOT } from './entries.mjs'

/**
 * A hash that changes when the size or the modification time of an input changes: of a compiled file, of the bundler's own code, or of the
 * list of installed packages. An edit of a package in `node_modules` does not change the hash.
 *
 * @returns {Promise<string>} SHA-256 in hex
 */
export async function fingerprintOfInputs() {
  /** @type {{ references: { path: string }[] }} */
  const { references } = JSON.parse(await readFile(join(ROOT, 'tsconfig.json'), 'utf8'))
  const workspaces = references.map(({ path }) => join(ROOT, path))
  const folders = [
    ...workspaces.map((workspace) => join(workspace, 'dist')),
    join(ROOT, 'libs', 'kafka', 'client-fixes'),
    join(ROOT, 'tools', 'build'),
  ]
  const files = [
    ...(await Promise.all(folders.map(codeIn))).flat(),
    ...workspaces.map((workspace) => join(workspace, 'package.json')),
    ...Object.values(ENTRIES).map((file) => join(ROOT, file)),
    join(ROOT, 'node_modules', '.package-lock.json'),
  ]
  const states = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file)
      return `${relative(ROOT, file)} ${size} ${mtimeMs}`
    }),
  )
  return createHash('sha256').update(states.sort().join('\n')).digest('hex')
}

/** @param {string} folder */
async function codeIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.(js|cjs|mjs|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}
