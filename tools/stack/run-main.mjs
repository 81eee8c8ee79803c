import { StackError } from './stack-error.mjs'

/**
 * Runs a program to its end: a fault that the user can fix is printed as its message alone, a defect with its stack
 * trace; both end with exit code 1.
 *
 * @param {() => Promise<unknown>} main
 * @returns {Promise<void>}
 */
export async function runMain(main) {
  // A terminal that is closed must not take the program down before it has ended what it started.
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
 * The words of the command line, or null after it was said what is wrong with them (exit code 2).
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
