import { cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/*
 * Runs during the image build, after the programs are bundled. Copies the files that the services need at run time into a folder: the
 * bundle, which contains all code including that of packages, and the files that the services read or serve.
 *
 *   node tools/image/runtime-files.mjs /out
 */

const ROOT = join(import.meta.dirname, '..', '..')

const FILES = [
  'package.json',
  'LICENSE',
  'libs/postgres/migrations',
  'libs/postgres/sql',
  // The pages of the API's documentation are served from here.
  'node_modules/swagger-ui-dist',
  'tools/image/service.mjs',
]

/** @type {import('../build/output-folder.mjs').Stamp} */
const built = JSON.parse(await readFile(join(ROOT, 'dist', 'built.json'), 'utf8'))
const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('Usage: node tools/image/runtime-files.mjs FOLDER')
for (const file of [...FILES, ...Object.keys(built.files).map((name) => join('dist', name))]) {
  const to = join(resolve(target), file)
  await mkdir(dirname(to), { recursive: true })
  const filter = (/** @type {string} */ source) => !/^node_modules.*\.map$/.test(source.slice(ROOT.length + 1))
  await cp(join(ROOT, file), to, { recursive: true, filter })
}
