/**
 * @typedef {object} Suite
 * @property {boolean} needsBuild - The suite runs the output of `npm run build`. It begins when the servers of the run are ready, because
 *   the build comes before them. If the run needs no servers, the systems that the suite starts build first. A suite that needs no build
 *   begins as soon as the packages are installed.
 * @property {boolean} needsServers - The suite uses the Kafka and the Postgres of the run.
 * @property {boolean} isBeside - The suite runs in parallel to the others, with workers of its own. The others share their workers.
 * @property {number} niceness - How far the suite gives way to other suites for the processor, 0 to 19. Added to the niceness of the run.
 * @property {number} workers - How many files run at a time. Suites that share their workers have the higher number of theirs.
 */

/**
 * The suites.
 * - Unit tests do no I/O and wait for nothing, so they use the processor time that the other suites leave, from the build to the end.
 * - Integration tests share one Kafka and one Postgres; each file has its own topics, databases and slots. They wait for two thirds of
 *   their time, so five files at a time keep two cores busy.
 * - End-to-end tests and fault tests start whole systems, one for each file. Fault tests wait for most of their four minutes and need no
 *   servers of the run, so they run in parallel to the other suites and end when those do.
 *
 * Too many workers: the processor is overloaded, and tests miss their time limits. Too few: the processor is idle.
 *
 * @type {Readonly<Record<string, Suite>>}
 */
export const SUITES = {
  unit: { needsBuild: false, needsServers: false, isBeside: true, niceness: 10, workers: 2 },
  integration: { needsBuild: true, needsServers: true, isBeside: false, niceness: 0, workers: 5 },
  e2e: { needsBuild: true, needsServers: true, isBeside: false, niceness: 0, workers: 3 },
  faults: { needsBuild: true, needsServers: false, isBeside: true, niceness: 0, workers: 2 },
}
