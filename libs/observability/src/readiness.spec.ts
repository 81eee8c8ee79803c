import { describe, expect, it } from '@jest/globals'
import { createRegistry, counter, registerMetrics } from './metrics.js'
import { Readiness } from './readiness.js'

describe('Readiness', () => {
  it('is ready when every part is', () => {
    const readiness = new Readiness()
    readiness.set('kafka', true)
    readiness.set('configuration', false, 'reading')
    expect(readiness.isReady).toBe(false)
    expect(readiness.report().parts.configuration).toEqual({ ready: false, detail: 'reading' })
    readiness.set('configuration', true)
    expect(readiness.isReady).toBe(true)
  })

  it('is never ready again once it drains, but stays alive', () => {
    const readiness = new Readiness()
    readiness.drain()
    expect([readiness.isReady, readiness.isAlive, readiness.report().status]).toEqual([false, true, 'draining'])
  })

  it('is not alive after a failure from which it cannot recover', () => {
    const readiness = new Readiness()
    readiness.fail('the consumer crashed three times')
    expect([readiness.isReady, readiness.isAlive]).toEqual([false, false])
  })
})

describe('registerMetrics', () => {
  it('makes the catalogue’s metrics under the product’s prefix', async () => {
    const registry = createRegistry('router')
    const metrics = registerMetrics(registry, {
      routed: counter('events_routed_total', 'Events routed.', { result: ['delivered'] }),
    })
    metrics.routed.inc({ result: 'delivered' }, 2)
    expect(await registry.metrics()).toContain('hooklane_events_routed_total{result="delivered",service="router"} 2')
  })
})
