import { describe, expect, it } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGE = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const foldersIn = (parent: string): string[] => readdirSync(join(ROOT, parent)).map((name) => join(parent, name))

// Switching branches can leave folders without a manifest behind.
const FOLDERS = ['.', ...['libs', 'apps', 'examples'].flatMap(foldersIn)].filter((folder) =>
  existsSync(join(ROOT, folder, 'package.json')),
)

const DECLARED = FOLDERS.flatMap((folder) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter((name) => !name.startsWith('@hooklane/'))
    .map((name) => ({ folder, name }))
})

/** Names in the first column of the page's tables. */
const NAMED = [...PAGE.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
)

describe('docs/dependencies.md', () => {
  it('gives a reason for each package that a manifest declares', () => {
    expect(DECLARED.filter(({ name }) => !PAGE.includes(`\`${name}\``))).toEqual([])
  })

  it('names only packages that a manifest declares', () => {
    const declared = new Set(DECLARED.map(({ name }) => name))
    expect(NAMED.length).toBeGreaterThan(40)
    expect(NAMED.filter((name) => !declared.has(name))).toEqual([])
  })
})
