import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createKafkaClient, SingleFlightProducer } from '@hooklane/kafka'
import { CaptureWorld } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

const quiet = (): void => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

describe('a source that speaks seldom, in a topic that others fill', () => {
  let world: CaptureWorld
  let producer: ProducerProcess
  let others: SingleFlightProducer
  /** In the topic. */
  let records = 0
  const publishOthers = async (count: number) => {
    records += count
    for (let sent = 0; sent < count; sent += 500) {
      await others.publishAll(
        Array.from({ length: 500 }, (_, i) => ({
          topic: world.topics.events,
          key: `c-${i % 20}`,
          value: '{}',
          headers: { 'hooklane-producer': 'erp', 'hooklane-position': String(sent + i) },
        })),
      )
    }
  }
  const markedRecords = async () => {
    const [row] = await world.own.query<{ offsets: Record<string, string> }>(
      'SELECT offsets FROM hooklane.capture_mark',
    )
    return Object.values(row?.offsets ?? {}).reduce((sum, offset) => sum + Number(offset), 0)
  }
  /** Records that were read back at a start, and those that were appended since the last mark. */
  const restart = async () => {
    await producer.end('SIGKILL')
    const appended = records - (await markedRecords())
    producer = world.start()
    await producer.ready()
    await world.pim.query(`INSERT INTO item VALUES ('${Math.random()}', 'c-1')`)
    await eventually(async () => expect(await producer.metric('capture_published_total', 'pim')).toBe(1))
    records++
    return { appended, readBack: await producer.metric('capture_read_back_total', 'pim') }
  }

  beforeAll(async () => {
    world = await CaptureWorld.create()
    others = new SingleFlightProducer(
      createKafkaClient({ brokers: (process.env.KAFKA_BROKERS ?? '').split(','), clientId: 'erp', logger: SILENT }),
    )
    await world.pim.query(
      `CREATE TABLE item (id text PRIMARY KEY, company_id text); ALTER TABLE item REPLICA IDENTITY FULL`,
    )
    await world.capture(`public.item: { resource: items, entity: item, id: id }`)
    producer = world.start()
    await producer.ready()
    await world.pim.query(`INSERT INTO item VALUES ('first', 'c-1')`)
    await world.eventsAfter(1)
    records = 1
  })
  afterAll(async () => {
    await others.close()
    await world.close()
  })

  it('is found again by what was appended since its mark, however many records stand before', async () => {
    for (const count of [1_000, 10_000]) {
      await publishOthers(count)
      await eventually(async () => expect(await markedRecords()).toBe(records))
      await publishOthers(500)
      const { appended, readBack } = await restart()
      expect(appended).toBeLessThanOrEqual(500)
      // Once before the first transaction, and once before the first record is published.
      expect(readBack).toBe(2 * appended)
    }
  })
})
