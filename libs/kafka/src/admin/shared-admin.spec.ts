import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { GIVE_UP_AFTER_MS, type KafkaClient } from '../client/kafka-client.js'
import { ConfigurationReader } from '../configuration/configuration-reader.js'
import { SharedAdmin } from './shared-admin.js'

const quiet = (): void => undefined
const forEver = new Promise<never>(quiet)

/** Connections through a network that drops everything, until it is whole again. */
function cutOffClient() {
  const network = { isWhole: false }
  const admin = () => ({
    connect: () => (network.isWhole ? Promise.resolve() : forEver),
    disconnect: () => Promise.resolve(),
  })
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  return { network, client: { impatientKafka: { admin }, logger } as unknown as KafkaClient }
}

describe('questions to a cluster that nobody hears', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  it('end with an error in time, and the next one tries again', async () => {
    const { network, client } = cutOffClient()
    const admin = new SharedAdmin(client)
    const ask = (limitMs?: number) => admin.use(() => Promise.resolve('answer'), limitMs)
    const refused = expect(ask()).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS / 2)
    const other = expect(ask()).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS / 2)
    await refused
    // Whoever needs longer for the work waits no longer for the connection.
    const patient = expect(ask(10 * GIVE_UP_AFTER_MS)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS)
    await patient
    network.isWhole = true
    expect(await ask()).toBe('answer')
    await other
  })

  it('end as well when the network breaks after they were asked', async () => {
    const { network, client } = cutOffClient()
    network.isWhole = true
    const asked = expect(new SharedAdmin(client).use(() => forEver)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS)
    await asked
  })

  it('do not keep a reader of the configuration from ending', async () => {
    const options = { topic: 't', groupPrefix: 'g', onRecord: quiet, onUndecodable: quiet, onCrash: quiet }
    const reader = new ConfigurationReader(cutOffClient().client, options)
    const ended = jest.fn()
    const ending = reader.stop().then(ended)
    // A fraction of what a process has for its end.
    await jest.advanceTimersByTimeAsync(3_000)
    expect(ended).toHaveBeenCalled()
    await jest.advanceTimersByTimeAsync(GIVE_UP_AFTER_MS)
    await ending
  })
})
