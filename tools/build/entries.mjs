import { join } from 'node:path'

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** The folder that `npm run build` makes. */
export const OUTPUT = join(ROOT, 'dist')

/** The programs that are bundled, by name. Each value is the entry file, relative to the root. */
export const ENTRIES = {
  'subscription-service': 'apps/subscription-service/dist/main.js',
  'event-producer': 'apps/event-producer/dist/main.js',
  router: 'apps/router/dist/main.js',
  dispatcher: 'apps/dispatcher/dist/main.js',
  recorder: 'apps/recorder/dist/main.js',
  migrate: 'libs/postgres/dist/cli/migrate.js',
  topics: 'tools/stack/topics.mjs',
  'operator-key': 'tools/image/operator-key.mjs',
}

/**
 * The bundled file of a program.
 *
 * @param {string} name - One of the names in ENTRIES.
 */
export const bundledProgram = (name) => join(OUTPUT, `${name}.js`)
