import { readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/**
 * Whether a module is compiled from the project's own sources.
 *
 * @param {string} root
 * @param {string} path
 */
export const isOwnModule = (root, path) =>
  ['apps', 'libs'].some((group) => path.startsWith(join(root, group) + sep)) && path.split(sep).includes('dist')

/**
 * Loads the project's own compiled modules:
 * - with the source map of the compiler, so that stack traces name lines of the sources;
 * - with the `import.meta.url` of the compiled file, because modules find their SQL files relative to it. Therefore the relative path from
 *   `dist/` to `libs/` must stay the same wherever the programs run.
 *
 * @param {string} root
 * @param {string} outputFolder
 * @returns {import('rolldown').Plugin}
 */
export function ownFiles(root, outputFolder) {
  return {
    name: 'own-files',
    load: {
      filter: { id: /[\\/]dist[\\/].*\.js$/ },
      async handler(id) {
        if (!isOwnModule(root, id)) return null
        const code = await readFile(id, 'utf8')
        if (/import\.meta\.(dirname|filename)/.test(code))
          throw new Error(
            `${id}: use import.meta.url, which the bundle keeps, instead of import.meta.dirname or filename`,
          )
        const url = JSON.stringify(relative(outputFolder, id).replaceAll(sep, '/'))
        return {
          // The replacement adds no line, so the lines of the map stay correct.
          code: code.replaceAll('import.meta.url', `new URL(${url}, import.meta.url).href`),
          map: await readFile(`${id}.map`, 'utf8'),
        }
      },
    },
  }
}
