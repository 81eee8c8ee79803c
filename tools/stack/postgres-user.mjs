import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { StackError } from './stack-error.mjs'

const run = promisify(execFile)

const SYSTEM_USER = 'postgres'

/** @typedef {{ uid: number, gid: number }} UserIds */

/**
 * The user that runs PostgreSQL.
 *
 * @typedef {object} PostgresUser
 * @property {UserIds | null} owner - The user that must own the files of the server; null: the files already belong to the right user.
 * @property {Partial<UserIds>} spawnAs - Options for `spawn`.
 * @property {readonly string[]} prefix - Words to put before the command.
 */

/**
 * PostgreSQL refuses to run as root. Root therefore runs it as the system user `postgres`, which is created when missing.
 * If that user cannot reach the files (for example because the repository was cloned below /root), root runs PostgreSQL in a
 * user namespace in which root's files and the process belong to that user.
 *
 * @param {readonly string[]} paths - The files and folders that PostgreSQL must reach.
 * @returns {Promise<PostgresUser>}
 */
export async function choosePostgresUser(paths) {
  if (process.getuid?.() !== 0) return { owner: null, spawnAs: {}, prefix: [] }
  const ids = await systemUserIds()
  const blocked = await firstUnreachable(paths, ids)
  if (blocked === null) return { owner: ids, spawnAs: ids, prefix: [] }
  return { owner: null, spawnAs: {}, prefix: await namespacePrefix(blocked, ids) }
}

/** @returns {Promise<UserIds>} */
async function systemUserIds() {
  const known = await userIds()
  if (known !== null) return known
  await run('groupadd', ['--system', '--force', SYSTEM_USER]).catch(refuseRoot)
  await run('useradd', ['--system', '--gid', SYSTEM_USER, '--no-create-home', SYSTEM_USER]).catch(refuseRoot)
  return (await userIds()) ?? refuseRoot()
}

/** @returns {Promise<UserIds | null>} */
async function userIds() {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', SYSTEM_USER]), run('id', ['-g', SYSTEM_USER])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    // `id` fails for an unknown user.
    return null
  }
}

/** @returns {never} */
function refuseRoot() {
  throw new StackError(
    `PostgreSQL does not run as root, and the system user "${SYSTEM_USER}" could not be created. Run as a normal user, create that user (useradd --system ${SYSTEM_USER}), or name a server in DATABASE_URL.`,
  )
}

/**
 * @param {readonly string[]} paths
 * @param {UserIds} ids
 * @returns {Promise<string | null>} a folder that this user may not enter; null when there is none
 */
async function firstUnreachable(paths, ids) {
  for (const path of paths) {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const { mode, uid, gid } = await stat(folder)
      const bit = uid === ids.uid ? 0o100 : gid === ids.gid ? 0o010 : 0o001
      if ((mode & bit) === 0) return folder
      if (folder === dirname(folder)) break
    }
  }
  return null
}

/**
 * @param {string} blocked
 * @param {UserIds} ids
 * @returns {Promise<readonly string[]>}
 */
async function namespacePrefix(blocked, { uid, gid }) {
  const prefix = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--']
  try {
    await run('unshare', [...prefix.slice(1), 'ls', '-d', join(blocked, '.')])
    return prefix
  } catch {
    throw new StackError(
      `PostgreSQL does not run as root, and the system user "${SYSTEM_USER}" may not enter ${blocked}. Run as a normal user, move the files to a folder that others may enter, or name a server in DATABASE_URL.`,
    )
  }
}
