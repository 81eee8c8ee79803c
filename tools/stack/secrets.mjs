import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Returns the secret in `<secretsDir>/<name>`, and creates it on the first call. Only the owner may open the folder (0700)
 * and the file (0600). Two concurrent callers get the same secret.
 *
 * @param {string} secretsDir
 * @param {string} name
 * @param {() => string} make
 * @returns {Promise<string>}
 */
export async function readOrMakeSecret(secretsDir, name, make) {
  await mkdir(secretsDir, { recursive: true, mode: 0o700 })
  await chmod(secretsDir, 0o700)
  const file = join(secretsDir, name)
  const draft = `${file}.${process.pid}.draft`
  await writeFile(draft, `${make()}\n`, { mode: 0o600 })
  try {
    // Unlike rename, link refuses to replace an existing file.
    await link(draft, file)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  return (await readFile(file, 'utf8')).trim()
}
