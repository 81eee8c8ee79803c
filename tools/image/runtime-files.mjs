import { cp, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/*
 * Runs during the image build, after `npm run build`. Copies what the services need at run time into a folder. All code, also
 * that of packages, is in the bundle. Besides it, services need only the files that they read or serve.
 *
 *   node tools/image/runtime-files.mjs /out
 */

const ROOT = join(import.meta.dirname, '..', '..')

const FILES = [
  'package.json',
  'LICENSE',
  'dist',
  'libs/postgres/migrations',
  'libs/postgres/sql',
  // The pages of the API's documentation are served from here.
  'node_modules/swagger-ui-dist',
  'tools/image/service.mjs',
]

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('Usage: node tools/image/runtime-files.mjs FOLDER')
for (const file of FILES) {
  const to = join(resolve(target), file)
  await mkdir(dirname(to), { recursive: true })
  await cp(join(ROOT, file), to, { recursive: true, filter: (source) => !/swagger-ui.*\.map$/.test(source) })
}
