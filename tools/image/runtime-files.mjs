import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/*
 * Runs during the image build, after compilation. Copies what the services need at run time into a folder: each shipped
 * workspace's package.json and everything listed in its `files`, plus FILES below. Packages from the registry are not copied.
 *
 *   node tools/image/runtime-files.mjs /out
 */

const ROOT = join(import.meta.dirname, '..', '..')

/** Workspaces that only tests use. */
const NOT_SHIPPED = ['libs/testing']

const FILES = ['package.json', 'LICENSE', 'tools/image/service.mjs', 'tools/stack/topics.mjs']

/** @returns {Promise<string[]>} the folders of the shipped workspaces, relative to the root */
async function shippedWorkspaces() {
  const folders = await Promise.all(
    ['libs', 'apps'].map(async (group) => (await readdir(join(ROOT, group))).map((name) => `${group}/${name}`)),
  )
  return folders.flat().filter((folder) => !NOT_SHIPPED.includes(folder))
}

/** @param {string} target */
async function copyRuntimeFiles(target) {
  for (const file of FILES) await copy(file, target)
  for (const workspace of await shippedWorkspaces()) {
    const { files } = JSON.parse(await readFile(join(ROOT, workspace, 'package.json'), 'utf8'))
    if (!Array.isArray(files)) throw new Error(`${workspace}/package.json does not say which files ship: add "files"`)
    for (const path of ['package.json', ...files]) await copy(`${workspace}/${path}`, target)
  }
}

/**
 * @param {string} path - Relative to the root.
 * @param {string} target
 */
async function copy(path, target) {
  const to = join(target, path)
  await mkdir(dirname(to), { recursive: true })
  await cp(join(ROOT, path), to, { recursive: true, filter: (source) => !/\.d\.ts(\.map)?$/.test(source) })
}

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('Usage: node tools/image/runtime-files.mjs FOLDER')
await copyRuntimeFiles(resolve(target))
