import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { cutOffClient, quiet } from '../admin/cut-off-client.fixture.js'
import { GIVE_UP_AFTER_MS } from '../client/kafka-client.js'
import { ConfigurationReader } from './configuration-reader.js'

describe('a configuration reader whose cluster cannot be reached', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  it('stops in time', async () => {
    const options = { topic: 't', groupPrefix: 'g', onRecord: quiet, onUndecodable: quiet, onCrash: quiet }
    const reader = new ConfigurationReader(cutOffClient().client, options)
    const ended = jest.fn()
    const ending = reader.stop().then(ended)
    // A fraction of the time that a process has to shut down.
    await jest.advanceTimersByTimeAsync(3_000)
    expect(ended).toHaveBeenCalled()
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS)
    await ending
  })
})
