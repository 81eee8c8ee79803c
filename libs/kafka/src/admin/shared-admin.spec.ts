import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { GIVE_UP_AFTER_MS, type KafkaClient } from '../client/kafka-client.js'
import { ConfigurationReader } from '../configuration/configuration-reader.js'
import { SharedAdmin } from './shared-admin.js'

const quiet = (): void => undefined
const forEver = new Promise<never>(quiet)

/** A client on a network that drops everything until it works again. */
function cutOffClient() {
  const network = { isWhole: false }
  const admin = () => ({
    connect: () => (network.isWhole ? Promise.resolve() : forEver),
    disconnect: () => Promise.resolve(),
  })
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  return { network, client: { impatientKafka: { admin }, logger } as unknown as KafkaClient }
}

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

  it('do not prevent a configuration reader from stopping', async () => {
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
