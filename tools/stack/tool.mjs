import { spawn } from 'node:child_process'
import { ROOT } from './home.mjs'
import { StackError } from './stack-error.mjs'

/** How many lines of a failed tool's output are shown. Compilers and npm print the cause first, other programs last. */
const FIRST_LINES = 20
const LAST_LINES = 20
/** How long an interrupted tool, and what it has started, may take to end before they are killed. */
const END_LIMIT_MS = 10_000

/**
 * Runs a tool to its end in the root of the repository. By default, its output is shown only when it fails.
 *
 * @param {object} options
 * @param {string} options.what - For the message: "<what> failed".
 * @param {string} options.command
 * @param {readonly string[]} options.args
 * @param {string} [options.advice] - What to do when it fails, if its output does not say so.
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {boolean} [options.isOutputShown] - The tool prints as it runs.
 * @param {AbortSignal | undefined} [options.signal] - Ends the tool and its child processes. The call rejects when the tool has ended.
 * @returns {Promise<void>}
 */
export function runTool({ what, command, args, advice = '', env = process.env, isOutputShown = false, signal }) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const tool = spawn(command, args, {
      cwd: ROOT,
      env,
      stdio: isOutputShown ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      // A process group of its own, because a tool that is ended does not end its child processes.
      detached: signal !== undefined,
    })
    let isClosed = false
    const kill = (/** @type {NodeJS.Signals} */ how) => {
      if (isClosed || tool.pid === undefined) return
      try {
        process.kill(-tool.pid, how)
      } catch {
        // The whole group has ended meanwhile.
      }
    }
    const end = () => {
      kill('SIGTERM')
      setTimeout(() => kill('SIGKILL'), END_LIMIT_MS).unref()
    }
    signal?.addEventListener('abort', end)
    /** @type {string[]} */
    const output = []
    for (const stream of [tool.stdout, tool.stderr]) stream?.setEncoding('utf8').on('data', (text) => output.push(text))
    tool.once('error', reject)
    tool.once('close', (code, killedBy) => {
      isClosed = true
      signal?.removeEventListener('abort', end)
      if (code === 0) return resolve()
      if (signal?.aborted) return reject(signal.reason)
      const lines = shorten(output.join('').trimEnd().split('\n'))
      const how = killedBy === null ? `exit ${code}` : killedBy
      const fault = `${what} failed (${how})${advice === '' ? '' : `. ${advice}`}`
      if (isOutputShown) return reject(new StackError(fault.replace(/\. The program reports$/, '.')))
      reject(new StackError(`${fault}:\n${lines.map((line) => `    ${line}`).join('\n')}`))
    })
  })
}

/**
 * @param {readonly string[]} lines
 * @returns {readonly string[]}
 */
function shorten(lines) {
  const left = lines.length - FIRST_LINES - LAST_LINES
  if (left <= 1) return lines
  return [...lines.slice(0, FIRST_LINES), `… ${left} lines …`, ...lines.slice(-LAST_LINES)]
}
