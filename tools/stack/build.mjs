import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT } from './home.mjs'
import { tryLock } from './lock.mjs'
import { runTool } from './tool.mjs'

/** @typedef {{ onProgress: (text: string) => void, signal?: AbortSignal | undefined }} StepOptions */

/**
 * Installs what the lockfile names unless it is installed.
 *
 * @param {StepOptions} options
 * @returns {Promise<void>}
 */
export async function install({ onProgress, signal }) {
  await withTreeLock(signal, async () => {
    if (await isInstalled()) return
    onProgress('installing packages (npm ci)')
    const advice =
      'Is there a network, and are the registry and proxy of your npm settings right (npm config list)? Start again then. npm says'
    await runTool({ what: 'Installing the packages (npm ci)', command: 'npm', args: ['ci'], advice, signal })
  })
}

/**
 * Compiles what is newer than its output. tsc keeps account of that itself.
 *
 * @param {StepOptions} options
 * @returns {Promise<void>}
 */
export async function build({ onProgress, signal }) {
  await withTreeLock(signal, async () => {
    onProgress('compiling (tsc -b)')
    await forgetRemovedOutput()
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    await runTool({ what: 'The build (tsc -b)', command: process.execPath, args: [compiler, '-b'], signal })
  })
}

/** tsc believes its account of a project even when somebody removed the output: then the account must go, too. */
async function forgetRemovedOutput() {
  const { references = [] } = JSON.parse(await readFile(join(ROOT, 'tsconfig.json'), 'utf8'))
  for (const { path } of references) {
    if (existsSync(join(ROOT, path, 'dist'))) continue
    await rm(join(ROOT, path, 'tsconfig.tsbuildinfo'), { force: true })
  }
}

/**
 * npm writes what it really installed into `node_modules/.package-lock.json`, and does so last: the lockfile's packages
 * must all be there in their versions, except optional ones (other platforms).
 *
 * @returns {Promise<boolean>}
 */
async function isInstalled() {
  const installed = await readLockfile(join(ROOT, 'node_modules', '.package-lock.json'))
  const wanted = await readLockfile(join(ROOT, 'package-lock.json'))
  if (installed === null || wanted === null) return false
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (!path.startsWith('node_modules/')) return true
    if (link) return existsSync(join(ROOT, path))
    return installed[path] === undefined ? optional === true : installed[path].version === version
  })
}

/**
 * @param {string} file
 * @returns {Promise<Record<string, { version?: string, optional?: boolean, link?: boolean }> | null>} null: there is none
 */
async function readLockfile(file) {
  const text = await readFile(file, 'utf8').catch(() => null)
  return text === null ? null : JSON.parse(text).packages
}

/**
 * Two systems side by side share the repository's `node_modules` and `dist`: one of them installs and builds at a time.
 *
 * @param {AbortSignal | undefined} signal
 * @param {() => Promise<void>} work
 */
async function withTreeLock(signal, work) {
  const tree = createHash('sha256').update(ROOT).digest('hex').slice(0, 16)
  for (;;) {
    const attempt = await tryLock(join(tmpdir(), `hooklane-${tree}.lock`))
    if ('heldBy' in attempt) {
      await delay(200, undefined, { ...(signal === undefined ? {} : { signal }) })
      continue
    }
    try {
      return await work()
    } finally {
      await attempt.lock.release()
    }
  }
}
