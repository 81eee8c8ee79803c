import { describe, expect, it } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { identifyProcess } from '../../tools/stack/process-identity.mjs'
import { RunMark } from '../../tools/test/run-mark.mjs'

describe('an interrupted test run', () => {
  it('ends what it has started, also in other process groups, and nothing else', async () => {
    const mark = new RunMark()
    const sleeper = (env: NodeJS.ProcessEnv) => spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env })
    const [own, foreign] = [sleeper({ ...process.env, ...mark.env }), sleeper({ ...process.env, ...new RunMark().env })]
    try {
      await Promise.all([once(own, 'spawn'), once(foreign, 'spawn')])
      const ended = once(own, 'exit')
      await mark.endStarted()
      expect(await ended).toEqual([null, 'SIGINT'])
      expect(identifyProcess(foreign.pid ?? 0)).not.toBeNull()
    } finally {
      foreign.kill('SIGKILL')
    }
  })
})
