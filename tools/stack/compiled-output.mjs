import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Removes the tsbuildinfo file of each project that lacks an output file, so that the next `tsc -b` compiles the project again. tsc trusts
 * the tsbuildinfo file even when an output file was removed.
 *
 * @param {string} root - The folder whose `tsconfig.json` names the projects.
 */
export async function forgetRemovedOutput(root) {
  const { references = [] } = JSON.parse(await readFile(join(root, 'tsconfig.json'), 'utf8'))
  for (const { path } of references) {
    if (await isOutputComplete(join(root, path))) continue
    await rm(join(root, path, 'tsconfig.tsbuildinfo'), { force: true })
  }
}

/**
 * @param {string} project - The folder of a library or service.
 * @returns {Promise<boolean>} whether each source has an output file, of whatever age. Tests and their fixtures are not compiled.
 */
async function isOutputComplete(project) {
  const sources = await readdir(join(project, 'src'), { recursive: true })
  return sources
    .filter((file) => file.endsWith('.ts') && !/\.(d|spec|fixture)\.ts$/.test(file))
    .every((file) => ['.js', '.d.ts'].every((end) => existsSync(join(project, 'dist', file.replace(/\.ts$/, end)))))
}
