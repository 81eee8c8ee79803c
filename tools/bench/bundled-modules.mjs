import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The comment that the bundler writes above the code of each module: the module's path. */
const MODULE = /^\/\/ ((?:apps|libs|node_modules)\/\S+\.[cm]?js)$/

/**
 * Makes a function that finds the module from which a line of a bundled file comes.
 *
 * @returns {(url: string, line: number) => string} - Takes the file's URL and the number of the line, counted from 0. Returns the path
 *   of the module, relative to the root of the repository. For a file that is not bundled, returns its URL.
 */
export function bundledModules() {
  /** @type {Map<string, { line: number, module: string }[]>} */
  const modulesByUrl = new Map()
  return (url, line) => {
    let modules = modulesByUrl.get(url)
    if (modules === undefined) modulesByUrl.set(url, (modules = modulesOf(url)))
    return modules.findLast(({ line: start }) => start <= line)?.module ?? url
  }
}

/** @param {string} url */
function modulesOf(url) {
  if (!url.startsWith('file:')) return []
  return readFileSync(fileURLToPath(url), 'utf8')
    .split('\n')
    .flatMap((text, line) => {
      const module = MODULE.exec(text)?.[1]
      return module === undefined ? [] : [{ line, module }]
    })
}
