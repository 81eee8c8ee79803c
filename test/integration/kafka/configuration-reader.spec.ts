import { describe, expect, it } from '@jest/globals'
import { ConfigurationReader } from '@hooklane/kafka'
import { ConfigurationView, type ConfigurationRecord } from '@hooklane/core/configuration'
import { kafkaFixture } from './kafka-fixture.js'

const kafka = kafkaFixture()
const producer = kafka.producer()

const company = (id: string, version: number) => ({
  key: `company:${id}`,
  value: JSON.stringify({ id, name: `Company ${id}` }),
  headers: { 'hooklane-schema': 'company/1', 'hooklane-version': String(version) },
})

function read(topic: string, groupPrefix = kafka.name('test')) {
  const view = new ConfigurationView()
  const records: ConfigurationRecord[] = []
  const undecodable: string[] = []
  const reader = new ConfigurationReader(kafka.client, {
    topic,
    groupPrefix,
    onRecord: (record) => {
      records.push(record)
      view.put(record)
    },
    onUndecodable: (record, reason) => undecodable.push(`${record.offset} ${reason}`),
    onCrash: (error) => undecodable.push(String(error)),
  })
  kafka.closeLater(() => reader.stop())
  return { view, records, undecodable, reader }
}

describe('the configuration reader', () => {
  it('has caught up when everything that stood in the topic has been handed over, in order', async () => {
    const topic = await kafka.topic('subscriptions', 1, 'compact')
    for (let n = 1; n <= 600; n++) void producer.publish({ topic, ...company(`cmp_${n}`, n) })
    await producer.publish({ topic, key: 'company:cmp_7', value: null, headers: { 'hooklane-version': '601' } })
    const { view, records, reader } = read(topic)
    await reader.start()
    await reader.caughtUp()
    expect(records.map((record) => record.version)).toEqual(Array.from({ length: 601 }, (_, n) => BigInt(n + 1)))
    expect(view.company('cmp_7')).toBeUndefined()
    expect(view.company('cmp_600')).toBeDefined()
  })

  it('an empty topic has been read at once', async () => {
    const topic = await kafka.topic('empty', 1, 'compact')
    const { reader } = read(topic)
    await reader.start()
    await reader.caughtUp()
    await reader.readToEnd()
    expect(reader.position()).toBe(0n)
  })

  it('reading to the end hands over everything that was acknowledged before it was asked', async () => {
    const topic = await kafka.topic('behind', 1, 'compact')
    const { view, reader } = read(topic)
    await reader.start()
    for (let n = 1; n <= 20; n++) {
      await producer.publish({ topic, ...company(`cmp_${n}`, n) })
      await reader.readToEnd()
      expect(view.version).toBe(BigInt(n))
    }
  })

  it('passes over what it cannot decode and says what it was', async () => {
    const topic = await kafka.topic('damaged', 1, 'compact')
    const good = company('cmp_1', 1)
    await producer.publishAll([
      { topic, ...good, key: 'nonsense' },
      { topic, ...good, headers: { 'hooklane-schema': 'company/1' } },
      { topic, ...good, headers: { ...good.headers, 'hooklane-schema': 'company/2' } },
      { topic, ...good, value: '{' },
      { topic, ...good, value: '{"id":"cmp_1"}' },
      { topic, ...good, key: 'company:cmp_2' },
      { topic, ...good, key: 'company:cmp_1', headers: { ...good.headers, 'hooklane-version': '-1' } },
      { topic, ...good },
    ])
    const { view, undecodable, reader } = read(topic)
    await reader.start()
    await reader.caughtUp()
    expect(undecodable).toEqual([
      '0 key',
      '1 header:hooklane-version',
      '2 header:hooklane-schema',
      '3 invalid_json',
      '4 schema:/name',
      '5 key_mismatch',
      '6 header:hooklane-version',
    ])
    expect(view.company('cmp_1')).toBeDefined()
  })

  it('leaves no group behind', async () => {
    const topic = await kafka.topic('group', 1, 'compact')
    const { reader } = read(topic, kafka.name('leaves-none'))
    await reader.start()
    await reader.stop()
    const raw = kafka.client.kafka.admin()
    await raw.connect()
    const { groups } = await raw.listGroups()
    await raw.disconnect()
    expect(groups.filter(({ groupId }) => groupId.startsWith(kafka.name('leaves-none')))).toEqual([])
    await expect(reader.readToEnd()).rejects.toThrow('stopped')
  })
})
