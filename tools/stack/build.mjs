import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { forgetRemovedOutput } from './compiled-output.mjs'
import { ROOT } from './home.mjs'
import { tryLock } from './lock.mjs'
import { runTool } from './tool.mjs'

/** @typedef {{ onProgress: (text: string) => void, signal?: AbortSignal | undefined }} StepOptions */
/** @typedef {StepOptions & { isOutputShown?: boolean }} BuildOptions - `isOutputShown`: the tools print as they run, not only when they fail. */

/**
 * Installs the packages of the lockfile, unless all of them are installed.
 *
 * @param {StepOptions} options
 * @returns {Promise<void>}
 */
export async function install({ onProgress, signal }) {
  await withTreeLock({ onProgress, signal }, async () => {
    if (await isInstalled()) return
    onProgress('installing packages (npm ci)')
    const advice =
      'Check the network, and the registry and proxy in your npm settings (npm config list), then start again. npm reports'
    await runTool({ what: 'Installing the packages (npm ci)', command: 'npm', args: ['ci'], advice, signal })
  })
}

/**
 * Compiles the sources that are newer than their output, and bundles the programs again when a compiled file or a package has changed.
 *
 * @param {BuildOptions} options
 * @returns {Promise<void>}
 */
export async function build({ onProgress, signal, isOutputShown = false }) {
  await withTreeLock({ onProgress, signal }, async () => {
    onProgress('compiling (tsc -b)')
    await forgetRemovedOutput(ROOT)
    const advice = 'If it says that a native binding or a platform package is missing, run npm ci. The program reports'
    const compiler = join(ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc')
    await runTool({
      what: 'The build (tsc -b)',
      command: process.execPath,
      args: [compiler, '-b'],
      advice,
      isOutputShown,
      signal,
    })
    onProgress('bundling (rolldown)')
    const bundler = join(ROOT, 'tools', 'build', 'run.mjs')
    await runTool({
      what: 'The build (rolldown)',
      command: process.execPath,
      args: [bundler],
      advice,
      isOutputShown,
      signal,
    })
  })
}

/**
 * Whether every package of the lockfile is installed in the version that the lockfile names. Optional packages may be missing:
 * they may be for other platforms. npm writes the list of installed packages, `node_modules/.package-lock.json`, as its last step,
 * so an interrupted installation leaves no list.
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
 * @returns {Promise<Record<string, { version?: string, optional?: boolean, link?: boolean }> | null>} null: the file does not exist
 */
async function readLockfile(file) {
  const text = await readFile(file, 'utf8').catch(() => null)
  return text === null ? null : JSON.parse(text).packages
}

/**
 * Runs `work` while no other process installs or builds in this repository, because systems side by side share the same
 * `node_modules` and `dist`.
 *
 * @param {StepOptions} options
 * @param {() => Promise<void>} work
 */
async function withTreeLock({ onProgress, signal }, work) {
  const tree = createHash('sha256').update(ROOT).digest('hex').slice(0, 16)
  for (let waitsFor = 0; ;) {
    const attempt = await tryLock(join(tmpdir(), `hooklane-${tree}.lock`))
    if ('heldBy' in attempt) {
      if (attempt.heldBy !== waitsFor)
        onProgress(`waiting for process ${attempt.heldBy}, which installs or builds in this folder`)
      waitsFor = attempt.heldBy
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
