import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'

/**
 * Loads the project's own compiled modules:
 * - with the source map of the compiler, so that stacks name lines of the sources;
 * - with an `import.meta.url` that is what it was before they were bundled: they find their SQL files by it. So the bundle and the folders
 *   of the libraries must stay in the same places relative to each other.
 *
 * @param {string} outputFolder
 * @returns {import('rolldown').Plugin}
 */
export function ownFiles(outputFolder) {
  return {
    name: 'own-files',
    load: {
      filter: { id: /[\\/](apps|libs)[\\/][^/\\]+[\\/]dist[\\/].*\.js$/ },
      async handler(id) {
        const url = JSON.stringify(relative(outputFolder, id).replaceAll('\\', '/'))
        const code = await readFile(id, 'utf8')
        return {
          // No line moves, so the map stays right.
          code: code.replaceAll('import.meta.url', `new URL(${url}, import.meta.url)`),
          map: await readFile(`${id}.map`, 'utf8'),
        }
      },
    },
  }
}
