import { StackError } from './stack-error.mjs'

/**
 * Runs a program to its end. A fault that the user can fix is printed as its message alone, a defect with its stack trace.
 * Both end with exit code 1.
 *
 * @param {() => Promise<unknown>} main
 * @returns {Promise<void>}
 */
export async function runMain(main) {
  // When the terminal is closed, printing fails, but the program must still end the processes that it started.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    await main()
  } catch (error) {
    const { message, stack } = /** @type {Error} */ (error)
    process.stderr.write(`\n${error instanceof StackError ? message : (stack ?? message)}\n`)
    process.exitCode = 1
  }
}

/**
 * Parses the arguments of the command line. When they are wrong, prints the fault and the usage, sets exit code 2 and
 * returns null.
 *
 * @template T
 * @param {() => T} parse - Throws as `parseArgs` does.
 * @param {string} usage
 * @returns {T | null}
 */
export function parseOrExplain(parse, usage) {
  try {
    return parse()
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n\n${usage}`)
    process.exitCode = 2
    return null
  }
}
