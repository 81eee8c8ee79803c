import { describe, expect, it } from '@jest/globals'
import { eventually } from '@hooklane/testing'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalSystem } from './support/local-system.js'

const HOME = join(process.env.HOOKLANE_HOME ?? '.hooklane', `sample-${process.pid}`)

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('npm start', () => {
  it('shows signed deliveries in order, a retry that nothing overtakes, and ends everything on Ctrl-C', async () => {
    const system = await LocalSystem.start({ home: HOME, args: [] })
    const pids = system.stack.services.map(({ pid }) => pid)
    try {
      await eventually(() => expect(system.printed).toContain('Try next'), { withinMs: 60_000 })
      const shown = system.printed.split('\n').filter((line) => line.includes('verified, 200'))
      const numbersOf = (app: string) =>
        shown.filter((line) => line.includes(app)).map((line) => Number(/#(\d+)/.exec(line)?.[1]))
      expect(numbersOf('Nordlys shop')).toEqual([1, 2, 3, 4])
      expect(numbersOf('Product ads')).toEqual([1, 2, 3])
      expect(numbersOf('ERP')).toEqual([1, 2, 3, 4, 5])
      expect(system.printed).toMatch(/Product ads +#1 .*answered 503/)
      expect(system.printed).toMatch(/Product ads +#1 .*\(attempt 2\)/)

      // The REST API shows what the recorder has written.
      const seen = await system.call<{ data: { status: string; attempts: number }[] }>(
        'GET',
        '/v1/deliveries?appId=app_ads',
        undefined,
        'cmp_nordlys',
      )
      expect(seen.data.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered'])
      expect(seen.data.map(({ attempts }) => attempts).sort()).toEqual([1, 1, 2])
    } finally {
      await system.stop()
    }
    expect(system.printed).toContain('Stopped. The data is kept')
    expect(pids.filter(isRunning)).toEqual([])
    expect(existsSync(join(HOME, 'stack.json'))).toBe(false)
    await rm(HOME, { recursive: true, force: true })
  })
})
