import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
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

  it('forgets a draft that a killed build has left', async () => {
    await mkdir(join(folder, '.new-0'))
    await build('a', 'router.js')
    expect(await files()).toEqual(['built.json', 'router.js'])
  })
})
