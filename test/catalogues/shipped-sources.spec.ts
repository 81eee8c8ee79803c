import { describe, expect, it } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const ONLY_FOR_TESTS = ['*.spec.ts', '*.fixture.ts']

const workspaces = ['libs', 'apps']
  .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => `${group}/${name}`))
  .filter((workspace) => existsSync(join(ROOT, workspace, 'tsconfig.json')))

describe('what ships', () => {
  it.each(workspaces)('of %s is built without its specs and fixtures', (workspace) => {
    const text = readFileSync(join(ROOT, workspace, 'tsconfig.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ exclude: ONLY_FOR_TESTS.map((name) => `src/**/${name}`) })
  })

  it('in the image is built from sources without specs and fixtures', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(ONLY_FOR_TESTS.map((name) => `**/${name}`)))
  })
})
