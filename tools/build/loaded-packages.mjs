import { isBuiltin } from 'node:module'
import { BuildFault } from './build-fault.mjs'

/** The line that defines a module's own function `require`. Without this line, the bundler can bundle its calls with literal names. */
const OWN_REQUIRE = /^const require = createRequire\(import\.meta\.url\);$/m

/** Code in a bundled module that loads a package unseen by the bundler. Group 1 is the package's name, if the name is a literal. */
const UNSEEN = /\bcreateRequire\(|\b__require(?:\.resolve)?\((?:"([^"]*)"\))?|\bimport\((?!["'.])/g

/**
 * Packages that load other packages in a way that the bundler does not see. `places`: the number of places that do so. Another number means
 * that the package has changed, so that its places must be checked again. `reason`: what these places load, and why we do not need it.
 *
 * @type {Readonly<Record<string, { places: number, reason: string }>>}
 */
const HARMLESS = {
  '@nestjs/common': {
    places: 6,
    reason: 'packages that an application may name; those that we need are imported',
  },
  '@nestjs/core': { places: 2, reason: 'packages of the REPL and of other platforms' },
  '@nestjs/mapped-types': {
    places: 1,
    reason: 'the metadata storage of class-transformer, from the path that it has in other versions',
  },
  '@nestjs/microservices': { places: 10, reason: 'clients of other transports, and of its own Kafka transport' },
  '@nestjs/swagger': { places: 1, reason: 'swagger-ui-dist, which the image holds (tools/image/runtime-files.mjs)' },
  express: { places: 1, reason: 'engines for views' },
  fdir: { places: 1, reason: 'picomatch, for file patterns, of which TypeORM passes none' },
  pg: { places: 1, reason: 'pg-native' },
  'pg-logical-replication': { places: 1, reason: 'protobufjs, for another output plugin than ours' },
  pino: { places: 1, reason: 'transports, of which we use none' },
  typeorm: { places: 5, reason: 'database drivers (create-data-source.ts passes ours in), and files with options' },
}

/**
 * Bundles the packages that `@nestjs/mapped-types` loads. Without them, a request form that is derived from another form (`PartialType`)
 * would lose its validation rules without an error.
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
          throw new BuildFault(
            `${id} no longer defines the function require in the expected way. Check how it loads packages, and adapt tools/build/loaded-packages.mjs.`,
          )
        return { code: code.replace(OWN_REQUIRE, ''), map: null }
      },
    },
  }
}

/**
 * Refuses a bundle with a module that loads packages in a way that the bundler does not see. In the repository, Node would find these
 * packages in `node_modules` and load them a second time. The image lacks them.
 *
 * @param {readonly Pick<import('rolldown').OutputChunk, 'modules'>[]} chunks
 * @throws BuildFault
 */
export function refuseUnseenPackages(chunks) {
  /** @type {Map<string, string[]>} */
  const places = new Map()
  for (const [id, { code }] of chunks.flatMap((chunk) => Object.entries(chunk.modules))) {
    // The names of the bundler's own modules begin with a zero byte.
    if (id.startsWith('\0')) continue
    const found = placesIn(code ?? '').map((place) => `${id}: ${place}`)
    if (found.length > 0) places.set(packageOf(id), [...(places.get(packageOf(id)) ?? []), ...found])
  }
  const faults = [...places].filter(([name, { length }]) => HARMLESS[name]?.places !== length)
  if (faults.length === 0) return
  const list = faults.map(
    ([name, found]) => `${name} (${found.length} places)\n${found.map((place) => `  ${place}`).join('\n')}`,
  )
  throw new BuildFault(
    `These packages load others in a way that the bundler does not see:\n${list.join('\n')}\nImport what is needed with a literal name. If we need none of these packages, add the package that loads them to HARMLESS in tools/build/loaded-packages.mjs, with the number of places and the reason.`,
  )
}

/** @param {string} code */
function placesIn(code) {
  return [...code.matchAll(UNSEEN)]
    .filter(([, name]) => name === undefined || !isBuiltin(name))
    .map((match) => code.slice(match.index, match.index + 60).split('\n')[0] ?? '')
}

/** @param {string} path */
const packageOf = (path) =>
  path.replaceAll('\\', '/').match(/node_modules\/(?!.*node_modules\/)((?:@[^/]+\/)?[^/]+)/)?.[1] ?? path
