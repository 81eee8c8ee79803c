import { describe, expect, it } from '@jest/globals'
import { LaneTransport } from './lane-transport.js'

describe('the lane transport', () => {
  it('starts its engine when Nest listens; the handlers are registered by then', async () => {
    const steps: string[] = []
    const transport = new LaneTransport({
      start: (self) => {
        steps.push(self.getHandlerByPattern('delivery') ? 'started with handler' : 'started without')
        return Promise.resolve()
      },
      drain: () => Promise.resolve(void steps.push('drained')),
    })
    transport.addHandler('delivery', () => Promise.resolve(), true)
    await new Promise<void>((resolve) => transport.listen(() => resolve()))
    await transport.close()
    expect(steps).toEqual(['started with handler', 'drained'])
  })

  it('hands a failed start to Nest', async () => {
    const failure = new Error('no broker')
    const transport = new LaneTransport({ start: () => Promise.reject(failure), drain: () => Promise.resolve() })
    expect(await new Promise((resolve) => transport.listen(resolve))).toBe(failure)
  })
})
