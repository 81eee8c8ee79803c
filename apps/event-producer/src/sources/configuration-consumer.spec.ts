import { describe, expect, it } from '@jest/globals'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import type { ConfigurationRow } from '@hooklane/postgres'
import type { OrderedPublisher } from '../publishing/ordered-publisher.js'
import { ConfigurationConsumer } from './configuration-consumer.js'
import { ConfigurationState } from './configuration-state.js'

const row = (id: string, version: bigint): ConfigurationRow => ({
  key: `company:${id}`,
  kind: 'company',
  version,
  body: JSON.stringify({ id }),
})

/** A source over a topic that holds `c-1` and `c-2`, and over a table that the test provides. */
function sourceOver(readTable: () => Promise<readonly ConfigurationRow[]>) {
  const published: OutgoingRecord[] = []
  const topic = new ConfigurationState()
  for (const id of ['c-1', 'c-2']) topic.adopt(`company:${id}`, { version: 7n, isDeleted: false })
  const publisher = {
    add: (record: OutgoingRecord) => {
      published.push(record)
      return Promise.resolve()
    },
  } as unknown as OrderedPublisher
  const source = new ConfigurationConsumer({
    topic: 'subscriptions',
    publisher,
    readTopic: () => Promise.resolve(topic),
    readTable,
    acknowledge: () => undefined,
    onTransaction: () => undefined,
    onEnded: () => Promise.resolve(),
  })
  return { source, published }
}

describe('ConfigurationConsumer', () => {
  it('deletes from the topic what the table lacks, whatever slot it reads', async () => {
    const { source, published } = sourceOver(() => Promise.resolve([row('c-1', 7n)]))
    await source.connected()
    expect(published.map(({ key, value }) => [key, value])).toEqual([['company:c-2', null]])
  })

  it('completes a comparison that failed, at the next connection', async () => {
    let fails = true
    const { source, published } = sourceOver(() => {
      if (!fails) return Promise.resolve([row('c-2', 9n)])
      fails = false
      return Promise.reject(new Error('the database is away'))
    })
    await expect(source.connected()).rejects.toThrow('away')
    await source.connected()
    expect(published.map(({ key, value }) => [key, value === null])).toEqual([
      ['company:c-2', false],
      ['company:c-1', true],
    ])
  })

  it('publishes nothing that the topic holds already', async () => {
    const { source, published } = sourceOver(() => Promise.resolve([row('c-1', 7n), row('c-2', 7n)]))
    await source.connected()
    await source.connected()
    expect(published).toEqual([])
  })
})
