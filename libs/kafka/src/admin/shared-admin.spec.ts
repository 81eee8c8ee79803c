import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { GIVE_UP_AFTER_MS } from '../client/kafka-client.js'
import { cutOffClient, forEver } from './cut-off-client.fixture.js'
import { SharedAdmin } from './shared-admin.js'

describe('queries to a cluster that cannot be reached', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  it('fail in time, and the next query connects again', async () => {
    const { network, client } = cutOffClient()
    const admin = new SharedAdmin(client)
    const ask = (limitMs?: number) => admin.use(() => Promise.resolve('answer'), limitMs)
    const refused = expect(ask()).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS / 2)
    const other = expect(ask()).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS / 2)
    await refused
    // A longer limit for the work does not extend the wait for the connection.
    const patient = expect(ask(10 * GIVE_UP_AFTER_MS)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS)
    await patient
    network.isWhole = true
    expect(await ask()).toBe('answer')
    await other
  })

  it('fail in time too when the network breaks after the query was sent', async () => {
    const { network, client } = cutOffClient()
    network.isWhole = true
    const asked = expect(new SharedAdmin(client).use(() => forEver)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS)
    await asked
  })
})
