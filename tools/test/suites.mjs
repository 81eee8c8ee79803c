/**
 * @typedef {object} Suite
 * @property {boolean} needsServers - Gets the Kafka and the Postgres of the run.
 * @property {boolean} isBeside - Runs beside the others, which run one after another.
 * @property {readonly string[]} args - Of jest.
 */

/**
 * In the order in which they run. Unit tests do no I/O: as many files at once as two cores carry. Integration tests share one
 * Kafka and one Postgres, each file with topics, databases and slots of its own; for two thirds of their time they wait, so
 * four files at once keep two cores busy. End-to-end tests and faults start whole systems, each its own. Faults wait for most
 * of their four minutes and need no servers of the run, so they are over when the others are.
 *
 * More workers: everything waits for the processor, and what a test says about time becomes hard to keep. Fewer: the
 * processor waits.
 *
 * @type {Readonly<Record<string, Suite>>}
 */
export const SUITES = {
  unit: { needsServers: false, isBeside: false, args: ['--maxWorkers=2'] },
  integration: { needsServers: true, isBeside: false, args: ['--maxWorkers=4'] },
  e2e: { needsServers: true, isBeside: false, args: ['--maxWorkers=2'] },
  faults: { needsServers: false, isBeside: true, args: ['--maxWorkers=2'] },
}
