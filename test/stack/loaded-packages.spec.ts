import { describe, expect, it } from '@jest/globals'
import { refuseUnseenPackages } from '../../tools/build/loaded-packages.mjs'

type Chunks = Parameters<typeof refuseUnseenPackages>[0]

const chunkWith = (path: string, code: string): Chunks => [{ modules: { [path]: { code } } }] as unknown as Chunks

describe('what a bundled module loads without the bundler noticing', () => {
  it.each([
    ['createRequire(import.meta.url)("x")'],
    ['__require(name)'],
    ['__require("x")'],
    ['__require.resolve("x")'],
    ['await import(name)'],
    ['await import(`${folder}/x.js`)'],
  ])('%s is refused, with the place and what to do', (code) => {
    const chunks = chunkWith('/p/node_modules/@new/package/lib/a.js', `const a = 1\n${code}\n`)
    expect(() => refuseUnseenPackages(chunks)).toThrow(/@new\/package \(1 places\)\n {2}\/p\/[^]*Import what is needed/)
  })

  it.each([['__require("node:fs")'], ['__require("fs/promises")'], ['import("./chunk-a1.js")'], ["import('x')"]])(
    '%s is seen',
    (code) => {
      expect(() => refuseUnseenPackages(chunkWith('/p/node_modules/a/b.js', code))).not.toThrow()
    },
  )

  it('a known package is refused when it has such code in another number of places', () => {
    const code = '__require("pg-native")\n'
    expect(() => refuseUnseenPackages(chunkWith('/p/node_modules/pg/lib/a.js', code))).not.toThrow()
    expect(() => refuseUnseenPackages(chunkWith('/p/node_modules/pg/lib/a.js', code + code))).toThrow('pg (2 places)')
  })
})
