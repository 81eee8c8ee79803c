import { describe, expect, it } from '@jest/globals'
import { demo, NOTHING_BROKEN, SERVICES } from './support/demo.js'

describe('npm run demo', () => {
  it('delivers 2,000 changes to 20 apps: nothing lost, reordered, overlapping, or badly signed', async () => {
    const line = await demo('demo-runs', '--changes', '2000')
    expect(line).toMatchObject({ ...NOTHING_BROKEN, duplicates: 0 })
    expect(line.changes).toBeGreaterThanOrEqual(2000)
    expect(line.deliveries).toBeGreaterThan(2000)
    expect(line.delivered).toBe(line.deliveries)
  })

  it('a service that gets SIGTERM under load ends in time and causes no duplicate', async () => {
    const line = await demo('demo-runs', '--changes', '1000', '--terminate')
    expect(line).toMatchObject({ ...NOTHING_BROKEN, duplicates: 0, killed: SERVICES })
    expect(line.delivered).toBe(line.deliveries)
  })
})
