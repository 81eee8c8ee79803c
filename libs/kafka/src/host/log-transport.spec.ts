import { describe, expect, it } from '@jest/globals'
import { LogTransport } from './log-transport.js'

describe('the transport of the log', () => {
  it('starts its engine when Nest listens, after the handlers were registered', async () => {
    const steps: string[] = []
    const transport = new LogTransport({
      start: (self) => {
        steps.push(self.getHandlerByPattern('events') ? 'started with handler' : 'started without')
        return Promise.resolve()
      },
      stopReading: () => void steps.push('reads no more'),
    })
    transport.addHandler('events', () => Promise.resolve(), true)
    await new Promise<void>((resolve) => transport.listen(() => resolve()))
    transport.close()
    expect(steps).toEqual(['started with handler', 'reads no more'])
  })

  it('passes a failed start to Nest', async () => {
    const failure = new Error('no broker')
    const transport = new LogTransport({ start: () => Promise.reject(failure), stopReading: () => undefined })
    expect(await new Promise((resolve) => transport.listen(resolve))).toBe(failure)
  })
})
