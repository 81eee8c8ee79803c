/**
 * @typedef {object} Suite
 * @property {boolean} needsServers - The suite uses the Kafka and the Postgres of the run.
 * @property {boolean} isBeside - The suite runs in parallel to the others, which run one after another.
 * @property {readonly string[]} args - Arguments for jest.
 */

/**
 * The suites, in the order in which they run.
 * - Unit tests do no I/O: two files at a time, for two cores.
 * - Integration tests share one Kafka and one Postgres; each file has its own topics, databases and slots. They wait for two thirds of
 *   their time, so four files at a time keep two cores busy.
 * - End-to-end tests and faults start whole systems, one for each file. Faults wait for most of their four minutes and need no servers
 *   of the run, so they run in parallel and end when the others do.
 *
 * Too many workers: the processor is overloaded, and tests miss their time limits. Too few: the processor is idle.
 *
 * @type {Readonly<Record<string, Suite>>}
 */
export const SUITES = {
  unit: { needsServers: false, isBeside: false, args: ['--maxWorkers=2'] },
  integration: { needsServers: true, isBeside: false, args: ['--maxWorkers=4'] },
  e2e: { needsServers: true, isBeside: false, args: ['--maxWorkers=2'] },
  faults: { needsServers: false, isBeside: true, args: ['--maxWorkers=2'] },
}
