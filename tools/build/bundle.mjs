import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { rolldown } from 'rolldown'
import { ENTRIES, OUTPUT } from './entries.mjs'
import { licencesOf } from './licences.mjs'
import { ownFiles } from './own-files.mjs'
import { patchedKafkajs } from './patched-kafkajs.mjs'

const ROOT = join(import.meta.dirname, '..', '..')
const STAMP = 'inputs.sha256'

/** Packages that bundled packages can use but do not need. */
const OPTIONAL =
  /^(@fastify\/static|@nats-io\/.*|@nestjs\/websockets\/.*|amqp-connection-manager|ioredis|mqtt|pg-native)$/

/**
 * Makes `dist/` from the compiled files and the installed packages, unless it is newer than both. A program that is loaded from a few
 * files starts in a third of the time that its thousand modules take, and the image needs no packages.
 *
 * @returns {Promise<void>}
 */
export async function bundle() {
  const inputs = await fingerprintOfInputs()
  if ((await readFile(join(OUTPUT, STAMP), 'utf8').catch(() => '')) === inputs) return
  await mkdir(OUTPUT, { recursive: true })
  const made = await mkdtemp(join(OUTPUT, '.new-'))
  try {
    const chunks = await makeChunks()
    for (const chunk of chunks) await writeChunk(made, chunk)
    const modules = chunks.flatMap(({ moduleIds }) => moduleIds)
    await writeFile(join(made, 'third-party-licences.txt'), await licencesOf(modules))
    await writeFile(join(made, STAMP), inputs)
    await replaceOutput(made)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

/** @returns {Promise<readonly import('rolldown').OutputChunk[]>} */
async function makeChunks() {
  const build = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(ROOT, file)])),
    platform: 'node',
    external: OPTIONAL,
    plugins: [patchedKafkajs(ROOT), ownFiles(OUTPUT)],
  })
  try {
    const { output } = await build.generate({
      dir: OUTPUT,
      format: 'esm',
      // All in one folder: see own-files.mjs.
      chunkFileNames: '[name]-[hash].js',
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
 * A chunk with code of the project has a source map. Maps of packages would be as large as all the rest, and Node reads every map at start.
 *
 * @param {string} folder
 * @param {import('rolldown').OutputChunk} chunk
 */
async function writeChunk(folder, { fileName, code, map, moduleIds }) {
  const hasMap = map !== null && moduleIds.some((path) => isOwn(path))
  if (hasMap) await writeFile(join(folder, `${fileName}.map`), map.toString())
  await writeFile(join(folder, fileName), hasMap ? `${code}//# sourceMappingURL=${fileName}.map\n` : code)
}

const isOwn = (/** @type {string} */ path) => /[\\/](apps|libs)[\\/][^\\/]+[\\/]dist[\\/]/.test(path)

/**
 * Moves the new files into `dist/`, those that others load first, so that a service that starts meanwhile finds all it loads. Then removes
 * the files of earlier builds.
 *
 * @param {string} made
 */
async function replaceOutput(made) {
  const files = await readdir(made)
  const isLoadedByOthers = (/** @type {string} */ file) => !(file.replace(/\.js$/, '') in ENTRIES)
  const inOrder = [...files.filter(isLoadedByOthers), ...files.filter((file) => !isLoadedByOthers(file))]
  for (const file of inOrder.filter((name) => name !== STAMP)) await rename(join(made, file), join(OUTPUT, file))
  const former = (await readdir(OUTPUT)).filter((file) => ![...files, basename(made)].includes(file))
  await Promise.all(former.map((file) => rm(join(OUTPUT, file), { recursive: true, force: true })))
  await rename(join(made, STAMP), join(OUTPUT, STAMP))
}

/**
 * Changes whenever a file that goes into the bundle does, going by sizes and times.
 *
 * @returns {Promise<string>} SHA-256 in hex
 */
async function fingerprintOfInputs() {
  const compiled = (await Promise.all(['apps', 'libs'].map(packagesOf))).flat()
  const folders = [
    ...compiled.map((folder) => join(folder, 'dist')),
    join(ROOT, 'libs', 'kafka', 'client-fixes'),
    join(ROOT, 'tools', 'build'),
  ]
  const listed = await Promise.all(folders.map(filesOf))
  const files = [
    ...listed.flat(),
    ...Object.values(ENTRIES).map((file) => join(ROOT, file)),
    join(ROOT, 'node_modules', '.package-lock.json'),
  ]
  const states = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file)
      return `${file} ${size} ${mtimeMs}`
    }),
  )
  return createHash('sha256').update(states.sort().join('\n')).digest('hex')
}

/** @param {string} group - `apps` or `libs`. */
async function packagesOf(group) {
  return (await readdir(join(ROOT, group))).map((name) => join(ROOT, group, name))
}

/** @param {string} folder */
async function filesOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.(js|cjs|mjs|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}
