import { writeFileSync } from 'node:fs'

/** A jest reporter that writes the counts of one run to the file that HOOKLANE_TEST_SUMMARY names. */
export default class SummaryReporter {
  /**
   * @param {unknown} _contexts
   * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, numRuntimeErrorTestSuites: number }} results
   */
  onRunComplete(_contexts, results) {
    const file = process.env['HOOKLANE_TEST_SUMMARY']
    if (!file) return
    /** @type {import('./run-suite.mjs').Counts} */
    const counts = {
      passed: results.numPassedTests,
      // A file that cannot be loaded has no failed tests, because none of its tests ran. It counts as one failure.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    }
    writeFileSync(file, JSON.stringify(counts))
  }
}
