import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { BuildFault } from './build-fault.mjs'
import { ENTRIES, OUTPUT, ROOT } from './entries.mjs'
import { fingerprintOfInputs } from './inputs.mjs'
import { licencesOf } from './licences.mjs'
import { bundledRequires, refuseUnseenPackages } from './loaded-packages.mjs'
import { DRAFT_PREFIX, OutputFolder } from './output-folder.mjs'
import { isOwnModule, ownFiles } from './own-files.mjs'
import { patchedKafkajs } from './patched-kafkajs.mjs'

/** Optional packages, which bundled packages import only if they are installed. We need none of these packages. */
const OPTIONAL =
  /^(@fastify\/static|@nats-io\/.*|@nestjs\/websockets\/.*|amqp-connection-manager|ioredis|mqtt|pg-native)$/

/**
 * Makes `dist/` from the compiled files and the installed packages. Does nothing if `dist/` is already made from the same inputs.
 *
 * @returns {Promise<void>}
 */
export async function bundle() {
  const inputs = await fingerprintOfInputs()
  const folder = new OutputFolder(OUTPUT, (file) => file.replace(/\.js$/, '') in ENTRIES)
  if (await folder.isMadeFrom(inputs)) return
  await mkdir(OUTPUT, { recursive: true })
  const draft = await mkdtemp(join(OUTPUT, DRAFT_PREFIX))
  try {
    const chunks = await makeChunks()
    refuseUnseenPackages(chunks)
    for (const chunk of chunks) await writeChunk(draft, chunk)
    const modules = chunks.flatMap(({ moduleIds }) => moduleIds)
    await writeFile(join(draft, 'third-party-licences.txt'), await licencesOf(modules))
    await folder.take(draft, inputs)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** @returns {Promise<readonly import('rolldown').OutputChunk[]>} */
async function makeChunks() {
  const build = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(ROOT, file)])),
    platform: 'node',
    external: OPTIONAL,
    plugins: [patchedKafkajs(ROOT), ownFiles(ROOT, OUTPUT), bundledRequires()],
    onLog(level, log, report) {
      if (level !== 'warn') return report(level, log)
      const place = log.loc === undefined ? (log.id ?? '') : `${log.loc.file}:${log.loc.line}`
      throw new BuildFault(
        `${place} ${log.message}\nThe bundler must print no warning. If the warning is about an optional package that we do not need, add the package to OPTIONAL in tools/build/bundle.mjs.`,
      )
    },
  })
  try {
    const { output } = await build.generate({
      dir: OUTPUT,
      format: 'esm',
      // All chunks are in one folder, because own-files.mjs writes paths relative to it.
      chunkFileNames: '[name]-[hash].js',
      // Separate chunks for packages, because only chunks of our own code get source maps. With `entriesAware`, a program loads only the
      // packages that it uses.
      codeSplitting: { groups: [{ name: 'packages', test: /[\\/]node_modules[\\/]/, entriesAware: true }] },
      // Names of classes are part of what users see: in the OpenAPI document and in logs.
      keepNames: true,
      sourcemap: 'hidden',
    })
    return output.filter((file) => file.type === 'chunk')
  } finally {
    await build.close()
  }
}

/**
 * Writes a chunk. Writes its source map only if it contains our own code: the maps of packages would be as large as all other files
 * together, and Node reads every map at start.
 *
 * @param {string} folder
 * @param {import('rolldown').OutputChunk} chunk
 */
async function writeChunk(folder, { fileName, code, map, moduleIds }) {
  const hasMap = map !== null && moduleIds.some((path) => isOwnModule(ROOT, path))
  if (hasMap) await writeFile(join(folder, `${fileName}.map`), map.toString())
  await writeFile(join(folder, fileName), hasMap ? `${code}//# sourceMappingURL=${fileName}.map\n` : code)
}
