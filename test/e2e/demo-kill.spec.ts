import { describe, expect, it } from '@jest/globals'
import { demo, NOTHING_BROKEN, SERVICES } from './support/demo.js'

describe('npm run demo -- --kill', () => {
  it('keeps order and loses nothing when each service is killed once under load', async () => {
    const line = await demo('demo-kill', '--changes', '2000', '--kill')
    expect(line).toMatchObject({ ...NOTHING_BROKEN, killed: SERVICES })
    expect(line.delivered).toBe(line.deliveries)
  })
})
