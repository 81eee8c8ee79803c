import { afterEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@hooklane/testing'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { identifyProcess } from '../../tools/stack/process-identity.mjs'
import { RunMark } from '../../tools/test/run-mark.mjs'

describe('an interrupted test run', () => {
  const sleepers: ChildProcess[] = []
  afterEach(() => sleepers.forEach((sleeper) => sleeper.kill('SIGKILL')))

  /** Starts a process that ends by itself only after ten minutes, in a process group of its own. */
  async function sleeperOf(mark: RunMark): Promise<number> {
    const args = ['-e', 'setTimeout(() => {}, 600_000)']
    const sleeper = spawn(process.execPath, args, {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, ...mark.env },
    })
    sleepers.push(sleeper)
    await once(sleeper, 'spawn')
    return sleeper.pid ?? 0
  }

  it('ends what it has started, also in other process groups, and nothing else', async () => {
    const mark = new RunMark()
    const [own, foreign] = [await sleeperOf(mark), await sleeperOf(new RunMark())]
    await mark.endStarted()
    await eventually(() => expect(identifyProcess(own)).toBeNull(), { withinMs: 10_000 })
    expect(identifyProcess(foreign)).not.toBeNull()
  })
})
