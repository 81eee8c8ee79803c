import { describe, expect, it } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, unknown>>
}
interface CheckConfiguration {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> }
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))

/** `@hooklane/core/kernel` and the like. What is run from the command line is imported by nobody. */
const entries = readdirSync(join(ROOT, 'libs')).flatMap((lib) => {
  const { name, exports = {} } = read(`libs/${lib}/package.json`) as Manifest
  return Object.keys(exports)
    .filter((entry) => !entry.startsWith('./cli/'))
    .map((entry) => name + entry.slice(1))
})

/** The source that the most specific matching path names, as the compiler finds it; null: none. */
function sourceOf(entry: string): string | null {
  const { paths } = (read('tsconfig.check.json') as CheckConfiguration).compilerOptions
  const matching = Object.entries(paths).flatMap(([pattern, [target = '']]) => {
    const [before = '', after] = pattern.split('*')
    if (after === undefined) return pattern === entry ? [{ length: Infinity, target }] : []
    return entry.startsWith(before)
      ? [{ length: before.length, target: target.replace('*', entry.slice(before.length)) }]
      : []
  })
  const [best] = matching.sort((a, b) => b.length - a.length)
  return best && existsSync(join(ROOT, best.target)) ? best.target : null
}

describe('an entry of a package', () => {
  it.each(entries)('%s is checked from its source, so that nothing has to be compiled first', (entry) => {
    expect(sourceOf(entry)).not.toBeNull()
  })
})
