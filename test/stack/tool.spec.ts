import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@hooklane/testing'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identifyProcess } from '../../tools/stack/process-identity.mjs'
import { runTool } from '../../tools/stack/tool.mjs'

describe('a tool of a build that is interrupted', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hl-tool-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('ends together with what it has started, and the reason is reported', async () => {
    const abort = new AbortController()
    const pidFile = join(folder, 'pid')
    const args = ['-c', `sleep 600 & echo $! > ${pidFile}; wait`]
    const ended = runTool({ what: 'The tool', command: 'sh', args, signal: abort.signal })
    ended.catch(() => undefined)
    const pid = await eventually(
      async () => {
        const text = await readFile(pidFile, 'utf8')
        expect(text).toMatch(/^\d+\n$/)
        return Number(text)
      },
      { withinMs: 10_000 },
    )

    abort.abort(new Error('Interrupted.'))
    await expect(ended).rejects.toThrow('Interrupted.')
    await eventually(() => expect(identifyProcess(pid)).toBeNull(), { withinMs: 10_000 })
  })

  it('is not started after the interrupt', async () => {
    const file = join(folder, 'started')
    const signal = AbortSignal.abort(new Error('Interrupted.'))
    await expect(runTool({ what: 'The tool', command: 'touch', args: [file], signal })).rejects.toThrow('Interrupted.')
    await expect(readFile(file)).rejects.toThrow('ENOENT')
  })
})
