import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassArchive } from '../../tools/stack/class-archive.mjs'

describe('the class archive of the local Kafka', () => {
  let dir: string

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hl-classes-'))
  })

  afterEach(async () => {
    await rm(dir, { recursive: true })
  })

  const archiveOf = (javaBuild: string): ClassArchive => new ClassArchive({ dir, javaBuild })

  /** Does what a broker does when it ends: it writes the file that its options name. */
  const endBroker = async (archive: ClassArchive): Promise<void> => {
    const file = archive.brokerOptions.find((option) => option.startsWith('-XX:ArchiveClassesAtExit='))?.split('=')[1]
    await writeFile(file ?? '', 'classes')
  }

  it('is written by a broker that ended orderly, and read by all programs after it', async () => {
    const archive = archiveOf('17.0.15')
    expect(archive.readOptions).toEqual([])
    await endBroker(archive)
    expect(archive.exists).toBe(false)
    await archive.takeDraft(true)
    expect(archive.readOptions[0]).toMatch(/^-XX:SharedArchiveFile=.*\.jsa$/)
    expect(archive.brokerOptions).toEqual(archive.readOptions)
  })

  it('is not taken from a broker that was killed', async () => {
    const archive = archiveOf('17.0.15')
    await endBroker(archive)
    await archive.takeDraft(false)
    expect(await readdir(dir)).toEqual([])
  })

  it('is not read by another build of Java', async () => {
    const archive = archiveOf('17.0.15')
    await endBroker(archive)
    await archive.takeDraft(true)
    expect(archiveOf('21.0.1').exists).toBe(false)
  })
})
