import '../stack/require-node.mjs'
import { spawn } from 'node:child_process'
import { resolve as resolvePath } from 'node:path'
import { install } from '../stack/build.mjs'
import { ROOT } from '../stack/home.mjs'

/** The checks: a name for people, the program (in node_modules/.bin, or a path) and its arguments. */
const CHECKS = /** @type {const} */ ([
  { name: 'format', command: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'lint', command: 'eslint', args: ['--max-warnings', '0', '.'] },
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.check.json'] },
  { name: 'types of tools', command: 'tsc', args: ['-p', 'tsconfig.tools.json'] },
  {
    name: 'dependency directions',
    command: 'depcruise',
    args: ['--config', '.dependency-cruiser.mjs', '--output-type', 'err-long', 'apps', 'libs', 'test'],
  },
  { name: 'unused code', command: 'knip', args: [] },
  { name: 'Compose file', command: 'dclint', args: ['--max-warnings', '0', 'docker-compose.yml'] },
  { name: 'image', command: process.execPath, args: ['tools/check/image.mjs'] },
  { name: 'generated documents', command: process.execPath, args: ['tools/docs/run.mjs', '--check'] },
])

const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<{ isFine: boolean, output: string }>}
 */
function runCheck(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(resolvePath(ROOT, 'node_modules', '.bin', command), args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    /** @type {string[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => output.push(text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ isFine: code === 0, output: output.join('').trimEnd() }))
  })
}

async function main() {
  await install({ onProgress: print })
  const failed = []
  for (const { name, command, args } of CHECKS) {
    const startedAt = Date.now()
    process.stdout.write(`${name.padEnd(24)}`)
    const { isFine, output } = await runCheck(command, args)
    print(`${isFine ? 'ok' : 'FAILED'}  (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
    if (isFine) continue
    failed.push(name)
    print(`${output}\n`)
  }
  print(failed.length === 0 ? 'Every check passed.' : `Failed: ${failed.join(', ')}`)
  if (failed.length > 0) process.exitCode = 1
}

await main()
