import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { forgetRemovedOutput } from '../../tools/stack/compiled-output.mjs'

const SOURCES = ['src/index.ts', 'src/inner/index.ts', 'src/inner/rows.spec.ts', 'src/inner/rows.fixture.ts']
const OUTPUT = ['dist/index.js', 'dist/index.d.ts', 'dist/inner/index.js', 'dist/inner/index.d.ts']

describe('what tsc remembers of a project', () => {
  let root: string

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'hl-compiled-'))
    await write('tsconfig.json', JSON.stringify({ references: [{ path: 'lib' }] }))
    for (const file of [...SOURCES, ...OUTPUT, 'tsconfig.tsbuildinfo']) await write(join('lib', file), '{}')
  })

  afterEach(async () => {
    await rm(root, { recursive: true })
  })

  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), text)
  }
  const isRemembered = (): boolean => existsSync(join(root, 'lib/tsconfig.tsbuildinfo'))

  it('is kept while each source has its output; tests and fixtures have none', async () => {
    await forgetRemovedOutput(root)
    expect(isRemembered()).toBe(true)
  })

  it.each(['dist', ...OUTPUT])('is forgotten when %s was removed', async (removed) => {
    await rm(join(root, 'lib', removed), { recursive: true })
    await forgetRemovedOutput(root)
    expect(isRemembered()).toBe(false)
  })
})
