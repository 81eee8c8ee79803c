import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OutputFolder } from '../../tools/build/output-folder.mjs'

describe('the folder of the bundled programs', () => {
  let folder: string
  let output: OutputFolder

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hl-output-'))
    output = new OutputFolder(folder, (file) => file === 'router.js')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  const build = async (inputs: string, ...files: string[]): Promise<void> => {
    const draft = join(folder, '.new-1')
    await mkdir(draft)
    for (const file of files) await writeFile(join(draft, file), inputs)
    await output.take(draft, inputs)
    await rm(draft, { recursive: true })
  }
  const files = async (): Promise<string[]> => (await readdir(folder)).sort()

  it('is made from its inputs until they change, or until a file is gone', async () => {
    expect(await output.isMadeFrom('a')).toBe(false)
    await build('a', 'router.js', 'core-a.js')
    expect(await output.isMadeFrom('a')).toBe(true)
    expect(await output.isMadeFrom('b')).toBe(false)
    await rm(join(folder, 'core-a.js'))
    expect(await output.isMadeFrom('a')).toBe(false)
  })

  it('keeps what the build before had made, which a starting service may still load, and nothing older', async () => {
    await build('a', 'router.js', 'core-a.js')
    await build('b', 'router.js', 'core-b.js')
    expect(await files()).toEqual(['built.json', 'core-a.js', 'core-b.js', 'router.js'])
    await build('c', 'router.js', 'core-c.js')
    expect(await files()).toEqual(['built.json', 'core-b.js', 'core-c.js', 'router.js'])
  })

  it.each(['', '{"inputs":"a","fil'])(
    'is made anew after a build that was interrupted (stamp: "%s")',
    async (stamp) => {
      await build('a', 'router.js', 'core-a.js')
      await writeFile(join(folder, 'built.json'), stamp)
      expect(await output.isMadeFrom('a')).toBe(false)
      await build('a', 'router.js', 'core-a.js')
      expect(await output.isMadeFrom('a')).toBe(true)
    },
  )

  it('is made anew after a program was cut off', async () => {
    await build('a', 'router.js')
    await writeFile(join(folder, 'router.js'), '')
    expect(await output.isMadeFrom('a')).toBe(false)
  })

  it('leaves the draft of a build that may still run, and removes one that a killed build left long ago', async () => {
    for (const draft of ['.new-running', '.new-killed']) await mkdir(join(folder, draft))
    await utimes(join(folder, '.new-killed'), 0, 0)
    await build('a', 'router.js')
    expect(await files()).toEqual(['.new-running', 'built.json', 'router.js'])
  })
})
