import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { rolldown } from 'rolldown'
import { ENTRIES, OUTPUT, ROOT } from './entries.mjs'
import { fingerprintOfInputs } from './inputs.mjs'
import { licencesOf } from './licences.mjs'
import { bundledRequires, refuseUnseenPackages } from './loaded-packages.mjs'
import { isOwnModule, ownFiles } from './own-files.mjs'
import { patchedKafkajs } from './patched-kafkajs.mjs'

/** What was bundled from which inputs: the file is written last. */
const STAMP = join(OUTPUT, 'built.json')

/** Packages that bundled packages import only if they are installed. None is needed. */
const OPTIONAL =
  /^(@fastify\/static|@nats-io\/.*|@nestjs\/websockets\/.*|amqp-connection-manager|ioredis|mqtt|pg-native)$/

/** Files of earlier builds are kept for this long: a service that is just starting may still load them. */
const KEEP_OUTDATED_MS = 3_600_000

/**
 * Makes `dist/` from the compiled files and the installed packages, unless neither has changed since the last time.
 *
 * @returns {Promise<void>}
 */
export async function bundle() {
  const inputs = await fingerprintOfInputs()
  if (await isBuiltFrom(inputs)) return
  await mkdir(OUTPUT, { recursive: true })
  const draft = await mkdtemp(join(OUTPUT, '.new-'))
  try {
    const chunks = await makeChunks()
    refuseUnseenPackages(chunks)
    for (const chunk of chunks) await writeChunk(draft, chunk)
    const modules = chunks.flatMap(({ moduleIds }) => moduleIds)
    await writeFile(join(draft, 'third-party-licences.txt'), await licencesOf(modules))
    await rm(STAMP, { force: true })
    const files = await replaceOutput(draft)
    await writeFile(STAMP, JSON.stringify({ inputs, files }))
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** @param {string} inputs */
async function isBuiltFrom(inputs) {
  const text = await readFile(STAMP, 'utf8').catch(() => null)
  if (text === null) return false
  /** @type {{ inputs: string, files: string[] }} */
  const built = JSON.parse(text)
  const existing = await readdir(OUTPUT)
  return built.inputs === inputs && built.files.every((file) => existing.includes(file))
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
      if (level === 'warn') throw new Error(log.message)
      report(level, log)
    },
  })
  try {
    const { output } = await build.generate({
      dir: OUTPUT,
      format: 'esm',
      // All chunks are in one folder, because own-files.mjs writes paths relative to it.
      chunkFileNames: '[name]-[hash].js',
      // Packages are apart from our own code, whose chunks alone have source maps. A program loads only the packages that it uses.
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
 * Packages get no source maps: those would be as large as all the rest, and Node reads every map at start.
 *
 * @param {string} folder
 * @param {import('rolldown').OutputChunk} chunk
 */
async function writeChunk(folder, { fileName, code, map, moduleIds }) {
  const hasMap = map !== null && moduleIds.some((path) => isOwnModule(ROOT, path))
  if (hasMap) await writeFile(join(folder, `${fileName}.map`), map.toString())
  await writeFile(join(folder, fileName), hasMap ? `${code}//# sourceMappingURL=${fileName}.map\n` : code)
}

/**
 * Moves the new files into `dist/`: the shared chunks first, then the programs that load them, so that a service that starts meanwhile
 * finds all it loads. Removes what earlier builds left.
 *
 * @param {string} draft
 * @returns {Promise<string[]>} the names of the new files
 */
async function replaceOutput(draft) {
  const files = await readdir(draft)
  const isProgram = (/** @type {string} */ file) => file.replace(/\.js$/, '') in ENTRIES
  for (const file of [...files.filter((name) => !isProgram(name)), ...files.filter(isProgram)])
    await rename(join(draft, file), join(OUTPUT, file))
  const outdated = (await readdir(OUTPUT)).filter((file) => ![...files, basename(draft)].includes(file))
  for (const path of outdated.map((file) => join(OUTPUT, file))) {
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > KEEP_OUTDATED_MS) await rm(path, { recursive: true, force: true })
  }
  return files
}
