import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, jest } from '@jest/globals'
import { eventually, kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()

describe('an idle connection', () => {
  it('arms no timer that looks for requests when none waits', async () => {
    const topic = await kafka.topic('idle', 1)
    const producer = kafka.producer()
    await producer.publish({ topic, key: 'k', value: 'v' })
    // Idleness is a stretch of time: the requests of the publish are over, then nothing happens for half a second.
    await delay(300)
    const armed = jest.spyOn(globalThis, 'setTimeout')
    await delay(500)
    // The one of this wait is node's own and not counted here.
    expect(armed).not.toHaveBeenCalled()
    armed.mockRestore()
    await eventually(() => producer.publish({ topic, key: 'k', value: 'v' }))
  })
})
