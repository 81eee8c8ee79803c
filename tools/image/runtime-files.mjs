import { cp, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/*
 * Runs during the image build, after `npm run build`. Copies what the services need at run time into a folder. The bundle holds all
 * code, that of packages, too; beside it are only the files that the services read.
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
  'tools/image/service.mjs',
]

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('Usage: node tools/image/runtime-files.mjs FOLDER')
for (const file of FILES) {
  const to = join(resolve(target), file)
  await mkdir(dirname(to), { recursive: true })
  await cp(join(ROOT, file), to, { recursive: true })
}
