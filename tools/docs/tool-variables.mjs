/** Variables that the commands of this repository read, in addition to the settings of the services. */
export const TOOL_VARIABLES = [
  {
    name: 'HOOKLANE_HOME',
    defaultValue: '`.hooklane` in the repository',
    description:
      'Folder for data, logs, secrets and `stack.json` of a local system. Two systems side by side need two folders.',
  },
  {
    name: 'HOOKLANE_CACHE',
    defaultValue: '`cache` in HOOKLANE_HOME',
    description: 'Folder for downloads that are kept (the jars of the local Kafka). Several homes may share it.',
  },
  {
    name: 'HOOKLANE_SERVERS',
    defaultValue: '`auto`',
    description:
      'Where local servers come from: `docker` (Docker Compose 2.24 or newer), `embedded` (processes of the launcher), `auto` (Docker when an engine answers). A home keeps the kind of servers that it started with.',
  },
  {
    name: 'KAFKA_BROKERS',
    defaultValue: 'none: a local one is started',
    description: 'Brokers to use instead of a local one, for `npm start` and `npm test`.',
  },
  {
    name: 'DATABASE_URL',
    defaultValue: 'none: a local one is started',
    description:
      'Postgres to use instead of a local one, as a user that may create databases, roles and replication slots (`wal_level = logical`).',
  },
  { name: 'HTTP_PORT', defaultValue: 'a free one', description: 'Port of the REST API of a local system.' },
  { name: 'HTTP_HOST', defaultValue: '`127.0.0.1`', description: 'Address of the REST API of a local system.' },
  {
    name: 'WORKER_GROUPS',
    defaultValue: '`*`',
    description:
      'Worker groups that the dispatchers of a local system serve. Deliveries of groups that do not match wait.',
  },
  {
    name: 'JAVA_HOME',
    defaultValue: 'none',
    description: 'Folder of Java 17 or later, needed if the `java` on the PATH is older.',
  },
  { name: 'CI', defaultValue: 'none', description: 'If set, tests never write snapshots.' },
  {
    name: 'SIMULATION_SEED',
    defaultValue: '`1`',
    description: 'First seed of the simulation among the unit tests; a failure prints it.',
  },
  {
    name: 'SIMULATION_RUNS',
    defaultValue: '`120`',
    description: 'How many seeds the simulation tries. More finds rarer interleavings and takes longer.',
  },
  {
    name: 'FAULT_SEED',
    defaultValue: 'random',
    description: 'Seed of the faults that the fault tests inject; a failure prints it.',
  },
  {
    name: 'CAPTURE_SEED',
    defaultValue: 'random',
    description: 'Seed of the transactions that the test of deferred keys runs; a failure prints it.',
  },
]

/** Variables that the commands pass to each other, or that belong to the operating system or Node. */
const INTERNAL = new Set([
  'PATH',
  'NODE_OPTIONS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'HOOKLANE_TEST_SUMMARY',
  'TEST_LEASE_TTL_MS',
  'BENCH_PROFILE_DIR',
])

/**
 * Faults of the list above: variables that are read but not listed, and variables that are listed but not read.
 *
 * @param {readonly { file: string, text: string }[]} sources - Source files of tools and tests.
 * @param {ReadonlySet<string>} settings - Names of the services' settings, which are described elsewhere.
 * @returns {readonly string[]}
 */
export function faultsOfToolVariables(sources, settings) {
  const listed = new Set(TOOL_VARIABLES.map(({ name }) => name))
  /** @type {Map<string, string>} */
  const read = new Map()
  for (const { file, text } of sources) {
    for (const [, dotted, quoted] of text.matchAll(/\benv\)?(?:\.([A-Z][A-Z_]+)\b|\[['"]([A-Z_]+)['"]\])/g)) {
      const name = dotted ?? quoted ?? ''
      if (!INTERNAL.has(name)) read.set(name, file)
    }
  }
  const unlisted = [...read].filter(([name]) => !listed.has(name) && !settings.has(name))
  const unread = [...listed].filter((name) => !read.has(name))
  return [
    ...unlisted.map(([name, file]) => `${file} reads ${name}: describe it in tools/docs/tool-variables.mjs`),
    ...unread.map((name) => `tools/docs/tool-variables.mjs describes ${name}, but no tool or test reads it`),
  ]
}
