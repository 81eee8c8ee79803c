/**
 * @typedef {object} Suite
 * @property {boolean} needsBuild - The suite runs what `npm run build` makes: it begins when the servers are ready, or its systems build
 *   before they start. Otherwise it begins as soon as the packages are installed.
 * @property {boolean} needsServers - The suite uses the Kafka and the Postgres of the run.
 * @property {boolean} isBeside - The suite runs in parallel to the others, which run one after another.
 * @property {number} niceness - How far the suite stands back when another one wants the processor: added to that of the run, 0 to 19.
 * @property {readonly string[]} args - Arguments for jest.
 */

/**
 * The suites, in the order in which they run.
 * - Unit tests do no I/O and wait for nothing: they use the time that the other suites leave, from the build to the end.
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
  unit: { needsBuild: false, needsServers: false, isBeside: true, niceness: 10, args: ['--maxWorkers=2'] },
  integration: { needsBuild: true, needsServers: true, isBeside: false, niceness: 0, args: ['--maxWorkers=5'] },
  e2e: { needsBuild: true, needsServers: true, isBeside: false, niceness: 0, args: ['--maxWorkers=3'] },
  faults: { needsBuild: true, needsServers: false, isBeside: true, niceness: 0, args: ['--maxWorkers=2'] },
}
