import { builtinModules } from 'node:module'

/** A function `require` of the module's own: its calls with literal names can be bundled once this line is gone. */
const OWN_REQUIRE = /^const require = createRequire\(import\.meta\.url\);$/m

/** Ways to load a package that a bundler does not see, in a bundled module. The first group is the name in quotes, if it is literal. */
const UNSEEN = /\bcreateRequire\(|\b__require\((?:"([^"]*)"\))?|\bimport\((?!["'`.])/g

/**
 * Packages with modules that load others in such a way, and why the bundle needs none of those.
 *
 * @type {Readonly<Record<string, string>>}
 */
const HARMLESS = {
  '@nestjs/common': 'packages that an application names; those that it needs are given as imports',
  '@nestjs/core': 'packages of the REPL and of other platforms',
  '@nestjs/mapped-types': 'another path of the storage of class-transformer, for versions that have it there',
  '@nestjs/microservices': 'clients of other transports, and of its own Kafka transport',
  '@nestjs/swagger':
    'swagger-ui-dist, which the image holds because its files are served (tools/image/runtime-files.mjs)',
  express: 'engines for views',
  pg: 'pg-native',
  'pg-logical-replication': 'protobufjs, for another output plugin than ours',
  pino: 'transports',
  typeorm:
    'drivers, of which ours is given to it (libs/postgres/src/connection/create-data-source.ts), and files of options',
}

/**
 * Bundles what `@nestjs/mapped-types` loads: without it, forms that are derived from others would lose their rules without an error.
 *
 * @returns {import('rolldown').Plugin}
 */
export function bundledRequires() {
  return {
    name: 'bundled-requires',
    transform: {
      filter: { id: /node_modules[\\/]@nestjs[\\/]mapped-types[\\/].*\.js$/, code: 'createRequire(import.meta.url)' },
      handler(code, id) {
        if (!OWN_REQUIRE.test(code))
          throw new Error(`${id} loads packages in a new way: see tools/build/loaded-packages.mjs`)
        return { code: code.replace(OWN_REQUIRE, ''), map: null }
      },
    },
  }
}

/**
 * Refuses a bundle with a module that loads packages in a way that the bundler does not see. In the repository they would be found, and
 * loaded a second time; in the image they are missing.
 *
 * @param {readonly import('rolldown').OutputChunk[]} chunks
 */
export function refuseUnseenPackages(chunks) {
  // The names of the bundler's own modules begin with a zero byte.
  const modules = chunks.flatMap((chunk) => Object.entries(chunk.modules)).filter(([id]) => !id.startsWith('\0'))
  const refused = modules.filter(([id, { code }]) => loadsUnseen(code ?? '') && !(nameOf(id) in HARMLESS))
  if (refused.length === 0) return
  const list = refused.map(([id]) => id).join('\n')
  throw new Error(`These modules load packages that the bundle lacks:\n${list}\nSee tools/build/loaded-packages.mjs.`)
}

/** @param {string} code */
const loadsUnseen = (code) =>
  [...code.matchAll(UNSEEN)].some(
    ([, name]) => name === undefined || !builtinModules.includes(name.replace(/^node:/, '')),
  )

/** @param {string} path */
const nameOf = (path) =>
  path.replaceAll('\\', '/').match(/node_modules\/(?!.*node_modules\/)((?:@[^/]+\/)?[^/]+)/)?.[1] ?? path
