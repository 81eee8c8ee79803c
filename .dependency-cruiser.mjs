/** Which part of the code may import which other part. The picture is in docs/architecture.md. */
const only = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

const SOURCE_ONLY = '[.](spec|fixture)[.]ts$'

/**
 * The libraries that each service may import. A service that needs another part of the core takes on a new task: decide that here.
 *
 * @type {Record<string, string>}
 */
const SERVICE_PARTS = {
  'subscription-service':
    'config contracts core/secrets core/delivery core/kernel core/policy core/routing core/worker-group kafka observability postgres runtime webhook-http',
  'event-producer': 'config contracts core/capture core/kernel kafka observability postgres replication runtime',
  router: 'config contracts core/configuration core/kernel core/routing core/worker-group kafka observability runtime',
  dispatcher:
    'config contracts core/secrets core/configuration core/delivery core/kernel core/lane core/policy dispatch kafka observability postgres runtime webhook-http',
  recorder: 'config contracts core/kernel kafka observability postgres runtime',
}

/**
 * The entry points of the core, each with the entry points that it may import.
 *
 * @type {Record<string, string>}
 */
const CORE_ENTRIES = {
  kernel: '',
  access: 'kernel',
  configuration: 'kernel',
  policy: 'kernel',
  'worker-group': '',
  capture: 'kernel',
  routing: 'kernel configuration',
  lane: 'kernel policy',
  delivery: 'kernel policy lane',
}

/** @param {string} parts - `lib` or `lib/entry`, separated by spaces */
const sourcesOf = (parts) => parts.split(' ').map((part) => (part.includes('/') ? part.replace('/', '/src/') : part))

const serviceRules = Object.entries(SERVICE_PARTS).map(([service, parts]) =>
  only(
    `${service}-parts`,
    'What a service is made of stands in one line above.',
    { path: `^apps/${service}/src`, pathNot: SOURCE_ONLY },
    { path: `^libs/(?!(${sourcesOf(parts).join('|')})/)` },
  ),
)

const entryRules = Object.entries(CORE_ENTRIES).map(([entry, parts]) =>
  only(
    `core-${entry}-builds-on`,
    'The entries of the core form a ladder.',
    { path: `^libs/core/src/${entry}/`, pathNot: SOURCE_ONLY },
    { path: `^libs/core/src/(?!(${[entry, ...parts.split(' ')].filter(Boolean).join('|')})/)` },
  ),
)

export default {
  forbidden: [
    ...serviceRules,
    ...entryRules,
    only(
      'public-contracts-stand-alone',
      'What leaves the house (events, envelope) never depends on records between our own processes.',
      { path: '^libs/contracts/src/public/' },
      { path: '^libs/contracts/src/records/' },
    ),
    only(
      'no-cycles',
      'A cycle means that two parts are one.',
      {},
      { circular: true, dependencyTypesNot: ['type-only'] },
    ),
    // Files directly in `src` (module, metrics, index) belong to no folder, so they may import folders and be imported by them.
    {
      ...only(
        'no-folder-cycles',
        'Folders never import each other in a circle, not even by type: the lower one declares what it needs.',
        { path: '^((apps|libs)/[^/]+/src)/' },
        { path: '^$1/', circular: true },
      ),
      scope: 'folder',
    },
    only(
      'inner-folders-stay-inside',
      'What is inside a folder is imported through the files of that folder: past them, no-folder-cycles sees no circle of the outer folders.',
      // The core needs no such rule: by `core-…-builds-on`, its entry points cannot form a circle.
      { path: '^((?:apps|libs)/[^/]+/src)/([^/]+)/', pathNot: '^libs/core/' },
      { path: '^$1/(?!$2/)[^/]+/[^/]+/' },
    ),
    only(
      'core-is-pure',
      'The core imports nothing but node:crypto, checksums of node:zlib, and types of the contracts.',
      { path: '^libs/core/src', pathNot: SOURCE_ONLY },
      { pathNot: ['^libs/core/src', '^(node:)?(crypto|zlib)$', '^libs/contracts/'] },
    ),
    only(
      'core-takes-types-only',
      'The core may know the shapes of records, never their codecs.',
      { path: '^libs/core/src', pathNot: SOURCE_ONLY },
      { path: '^libs/contracts/', dependencyTypesNot: ['type-only'] },
    ),
    only(
      'contracts-are-leaf',
      'Contracts depend on no other part.',
      { path: '^libs/contracts/src' },
      { path: '^(libs/(?!contracts/)|apps/)' },
    ),
    only(
      'dispatch-knows-contracts-and-core',
      'The shell of the lanes runs over ports: in a service, and in the simulation.',
      { path: '^libs/dispatch/src', pathNot: SOURCE_ONLY },
      { path: '^(libs/(?!core/|contracts/|dispatch/)|apps/|node_modules/)' },
    ),
    only(
      'adapters-know-contracts-and-core',
      'An adapter never knows another adapter.',
      { path: '^libs/(kafka|postgres|replication|webhook-http)/src' },
      { path: '^(libs/(?!core/|contracts/)|apps/)', pathNot: '^libs/$1/' },
    ),
    only(
      'libs-know-no-app',
      'Libraries are built without knowing who uses them.',
      { path: '^libs/' },
      { path: '^apps/' },
    ),
    only(
      'apps-know-no-app',
      'Processes talk through topics, tables and HTTP.',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/(?!$1/)' },
    ),
    only(
      'kafkajs-behind-its-adapter',
      'Two defects of the client are fixed in libs/kafka before it loads.',
      { path: '^(apps|libs)/', pathNot: '^libs/kafka/' },
      { path: '(^|/)node_modules/kafkajs/' },
    ),
    only(
      'sql-behind-its-adapter',
      'Only libs/postgres (and the replication control connection) talk to Postgres.',
      { path: '^(apps|libs)/', pathNot: '^libs/(postgres|replication)/' },
      { path: '(^|/)node_modules/(typeorm|pg|@nestjs/typeorm)/' },
    ),
    only(
      'replication-behind-its-adapter',
      'The traps of the replication client are handled in one place.',
      { path: '^(apps|libs)/', pathNot: '^libs/replication/' },
      { path: '(^|/)node_modules/pg-logical-replication/' },
    ),
    only(
      'http-client-behind-its-guard',
      'Receivers are reached through the address guard only.',
      { path: '^(apps|libs)/', pathNot: '^libs/testing/' },
      { path: '(^|/)node_modules/(undici|axios|got|node-fetch)/' },
    ),
    only(
      'tests-stay-outside',
      'Shipped code never imports test code.',
      { path: '^(apps|libs)/', pathNot: ['[.]spec[.]ts$', '^libs/testing/'] },
      { path: '^(test/|libs/testing/|tools/)' },
    ),
    only(
      'specs-and-fixtures-stay-outside',
      'Builds leave specs and fixtures out, unless what ships imports them.',
      { path: '^(apps|libs)/', pathNot: SOURCE_ONLY },
      { path: SOURCE_ONLY },
    ),
    only(
      'no-dev-dependencies-shipped',
      'What ships is a dependency.',
      { path: '^(apps|libs)/[^/]+/src', pathNot: ['[.]spec[.]ts$', '^libs/testing/'] },
      { dependencyTypes: ['npm-dev'] },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.check.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/)' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
}
