import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The bundler writes the path of each module above its code. */
const MODULE = /^\/\/ ((?:apps|libs|node_modules)\/\S+\.[cm]?js)$/

/**
 * Finds the modules that places in bundled files come from.
 *
 * @returns {(url: string, line: number) => string} - Takes a line from 0. Returns the path of the module, relative to the root of the
 *   repository; for a file that is not bundled, its URL.
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
