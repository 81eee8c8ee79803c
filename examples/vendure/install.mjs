import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ROOT } from '../../tools/stack/home.mjs'
import { runTool } from '../../tools/stack/tool.mjs'

const HERE = import.meta.dirname

/**
 * Installs the packages of the example's lockfile if they are not installed yet. Install scripts are not run: no package needs them.
 *
 * @param {{ onProgress: (text: string) => void, signal: AbortSignal }} options
 */
export async function installExample({ onProgress, signal }) {
  if (await isInstalled()) return
  onProgress('installing Vendure (npm ci): half a minute')
  const args = ['ci', '--ignore-scripts', '--prefix', relative(ROOT, HERE)]
  await runTool({ what: `npm ${args.join(' ')}`, command: 'npm', args, signal })
}

/** npm writes `.package-lock.json` as its last step, so that file lists what is installed. */
async function isInstalled() {
  const wanted = await packagesOf('package-lock.json')
  const installed = await packagesOf(join('node_modules', '.package-lock.json'))
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  )
}

/**
 * @param {string} lockfile
 * @returns {Promise<Record<string, { version?: string, optional?: boolean }>>} empty when there is no such file
 */
async function packagesOf(lockfile) {
  const text = await readFile(join(HERE, lockfile), 'utf8').catch(() => null)
  return text === null ? {} : JSON.parse(text).packages
}
