import { fork } from 'node:child_process'

/**
 * A module of the benchmark that runs in its own process, so that its CPU time can be measured separately. Both sides exchange messages:
 * `call` names a function that the module passed to `serve`, and resolves with its result.
 *
 * @typedef {object} Remote
 * @property {number} pid
 * @property {(name: string, ...args: unknown[]) => Promise<any>} call
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} file
 * @returns {Remote}
 */
export function startRemote(file) {
  const child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] })
  const waiting = /** @type {Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>} */ (
    new Map()
  )
  let next = 0
  let isStopping = false
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.on('message', (/** @type {{ id: number, value?: unknown, error?: string }} */ answer) => {
    const call = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (answer.error === undefined) call?.resolve(answer.value)
    else call?.reject(new Error(answer.error))
  })
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended (${signal ?? code})`))
    waiting.clear()
  })
  return {
    pid: /** @type {number} */ (child.pid),
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        if (isStopping || !child.connected) return reject(new Error(`${file} has ended`))
        next += 1
        waiting.set(next, { resolve, reject })
        child.send({ id: next, name, args })
      }),
    stop: async () => {
      isStopping = true
      child.kill()
      await ended
    },
  }
}

/**
 * The module's side: answers calls until the parent process ends.
 *
 * @param {Record<string, (...args: any[]) => unknown>} functions
 */
export function serve(functions) {
  process.on('message', (/** @type {{ id: number, name: string, args: unknown[] }} */ { id, name, args }) => {
    Promise.resolve()
      .then(() => /** @type {(...args: unknown[]) => unknown} */ (functions[name])(...args))
      .then(
        (value) => process.send?.({ id, value }),
        (error) =>
          process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      )
  })
  process.once('disconnect', () => process.exit(0))
}
