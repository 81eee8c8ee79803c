import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { identifyProcess, isAlive } from './process-identity.mjs'

/**
 * A lock that a process holds. It is free again when that process has ended, in whatever way.
 *
 * @typedef {object} Lock
 * @property {() => Promise<void>} release
 */

/**
 * @param {string} file
 * @returns {Promise<{ lock: Lock } | { heldBy: number }>} the lock, or the pid of the process that holds it
 */
export async function tryLock(file) {
  await mkdir(dirname(file), { recursive: true })
  const draft = `${file}.${randomUUID()}.draft`
  const content = JSON.stringify(identifyProcess(process.pid))
  await writeFile(draft, content)
  try {
    for (;;) {
      if (await linked(draft, file)) return { lock: { release: () => rm(file, { force: true }) } }
      const held = await readFile(file, 'utf8').catch(() => null)
      if (held === null) continue
      const holder = await lockHolder(file)
      if (holder !== null) return { heldBy: holder.pid }
      await removeStale(file, held)
    }
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * @param {string} file
 * @returns {Promise<import('./process-identity.mjs').ProcessIdentity | null>} the live process that holds the lock
 */
export async function lockHolder(file) {
  const content = await readFile(file, 'utf8').catch(() => null)
  const holder = content === null ? null : parseHolder(content)
  return holder !== null && isAlive(holder) ? holder : null
}

/**
 * @param {string} content
 * @returns {import('./process-identity.mjs').ProcessIdentity | null}
 */
function parseHolder(content) {
  try {
    return JSON.parse(content)
  } catch {
    // A full disk or a crash of the machine has cut off the file, so no process holds the lock.
    return null
  }
}

/**
 * Removes the lock file of a dead holder. After we read the file, another process may have removed it and taken the lock with a
 * file of its own. So we move the present file aside, compare its content with what we read, and put it back if they differ.
 *
 * @param {string} file
 * @param {string} stale
 */
async function removeStale(file, stale) {
  const aside = `${file}.${randomUUID()}.stale`
  const isMoved = await rename(file, aside).then(
    () => true,
    () => false,
  )
  if (!isMoved) return
  if ((await readFile(aside, 'utf8')) !== stale) await linked(aside, file)
  await rm(aside, { force: true })
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {Promise<boolean>} false when `to` exists
 */
async function linked(from, to) {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
}
