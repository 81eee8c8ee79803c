import { displayPath } from './home.mjs'
import { lockHolder, tryLock } from './lock.mjs'
import { StackError } from './stack-error.mjs'

/**
 * Refuses a home in which another launcher runs; changes nothing.
 *
 * @param {import('./home.mjs').Home} home
 * @returns {Promise<void>}
 */
export async function requireUnclaimed(home) {
  const holder = await lockHolder(home.lockFile)
  if (holder !== null) throw inUse(home, holder.pid)
}

/**
 * Claims the home for this launcher. At most one launcher has a home at a time. The claim ends when the launcher releases the lock
 * or ends.
 *
 * @param {import('./home.mjs').Home} home
 * @returns {Promise<import('./lock.mjs').Lock>}
 */
export async function claimHome(home) {
  const attempt = await tryLock(home.lockFile)
  if ('heldBy' in attempt) throw inUse(home, attempt.heldBy)
  return attempt.lock
}

/**
 * @param {import('./home.mjs').Home} home
 * @param {number} pid
 */
function inUse(home, pid) {
  return new StackError(
    `${displayPath(home.dir)} is in use by another launcher (pid ${pid}). Stop that one (npm stop), or set HOOKLANE_HOME to another folder to run a second system.`,
  )
}
