import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { KafkaLogAdmin, TopicAdmin } from '@hooklane/kafka'
import { eventually, OK, status } from '@hooklane/testing'
import type { ServiceProcess } from '../support/service-process.js'
import { DispatchWorld } from './dispatch-world.js'

const WITHIN = { withinMs: 45_000 }

describe('a dispatcher, of apps that are deleted and made again', () => {
  let world: DispatchWorld
  let dispatcher: ServiceProcess
  beforeAll(async () => {
    world = await DispatchWorld.create()
    dispatcher = await world.start()
  })
  afterAll(async () => world.close())

  const settled = (app: string, epoch = 1) =>
    eventually(async () => expect(await world.isSettled(app, epoch)).toBe(true), WITHIN)
  const laneRows = (app: string) => world.database.query('SELECT FROM hooklane.lane WHERE app_id = $1', [app])
  const outcomes = (app: string) => world.attempts(app).map(({ sequence, status: it }) => `${sequence} ${it}`)
  /** A group that is served: it has delivered something already. */
  const servedGroup = async (name: string) => {
    await world.dedicatedGroup(name)
    await world.app(`first-in-${name}`)
    await world.deliver(`first-in-${name}`, 1, { group: name })
    await world.received(`first-in-${name}`, 1)
  }
  const hours = { retry: { attempts: 9, intervalMs: 3_600_000, jitter: 0, on: 'any' } }

  it('settles what waits for its next attempt as soon as the app is deleted, and only then knows the end', async () => {
    await world.app('gone', hours)
    world.receiver.script('/gone', status(503))
    await world.deliver('gone', 4)
    await world.received('gone', 1)
    await eventually(async () => expect(await laneRows('gone')).toHaveLength(1), WITHIN)
    await world.deleteApp('gone')
    await settled('gone')
    expect(outcomes('gone')).toEqual(['1 retrying', '1 filtered', '2 filtered', '3 filtered', '4 filtered'])
    expect(world.requests('gone')).toHaveLength(1)
    await eventually(async () => expect(await laneRows('gone')).toEqual([]), WITHIN)
  })

  it('does so too when it takes over from one that died before', async () => {
    await world.app('taken', hours)
    world.receiver.script('/taken', status(503))
    await world.deliver('taken', 3)
    await world.received('taken', 1)
    await eventually(async () => expect(await laneRows('taken')).toHaveLength(1), WITHIN)
    await world.endAll('SIGTERM')
    await world.deleteApp('taken')
    dispatcher = await world.start()
    await settled('taken')
    expect(outcomes('taken').slice(1)).toEqual(['1 filtered', '2 filtered', '3 filtered'])
  })

  it('tells an app that was made again nothing of what became of its predecessor’s deliveries', async () => {
    await world.app('again', { retry: { attempts: 1, intervalMs: 100, jitter: 0, on: 'any' } })
    world.receiver.script('/again', status(422))
    await world.deliver('again', 3)
    await eventually(() => expect(world.deadLetters('again')).toHaveLength(3), WITHIN)
    await world.deleteApp('again')
    await world.app('again')
    world.receiver.script('/again', OK)
    await world.deliver('again', 2, { epoch: 2 })
    await world.received('again', 5)
    expect(world.bodies('again').slice(3)).toMatchObject([
      { order: { epoch: 2, sequence: 4, previous: 3, skipped: [] } },
      { order: { epoch: 2, sequence: 5, previous: 4, skipped: [] } },
    ])
    await settled('again')
  })

  it('starts no request to an app that was made again in another group beside one of its predecessor', async () => {
    const group = 'dedicated-moved-2'
    await servedGroup(group)
    await world.app('moved', { timeoutMs: 10_000 })
    world.receiver.script('/moved', { kind: 'delay', ms: 3_000, then: OK })
    await world.deliver('moved', 3)
    await world.received('moved', 1)
    await world.deleteApp('moved')
    await world.app('moved', { timeoutMs: 10_000 })
    await world.deliver('moved', 2, { group, epoch: 2 })
    await world.received('moved', 3)
    expect(world.receiver.overlapsAt('/moved')).toEqual([])
    expect(world.bodies('moved').map(({ order }) => `${order.epoch}/${order.sequence}`)).toEqual(['1/1', '2/4', '2/5'])
    await settled('moved')
  })

  it('waits with an app that was made again for as long as its predecessor’s group is not served', async () => {
    const [old, young] = ['unserved-old', 'dedicated-waiting-2']
    await servedGroup(young)
    await world.database.query(`INSERT INTO hooklane.worker_group (name, partitions, slots) VALUES ($1, 1, 0)`, [old])
    await world.database.query(
      `INSERT INTO hooklane.ended_stream (app_id, epoch, company_id, worker_group) VALUES ('waiting', 1, 'cmp_1', $1)`,
      [old],
    )
    await world.app('waiting')
    await world.app('neighbour')
    await world.deliver('waiting', 1, { group: young, epoch: 2 })
    await world.deliver('neighbour', 20, { group: young })
    await world.received('neighbour', 20)
    expect(world.requests('waiting')).toEqual([])
    await world.database.query(`UPDATE hooklane.ended_stream SET settled_at = now() WHERE app_id = 'waiting'`)
    await world.received('waiting', 1)
  })

  it('leaves a group that is gone: no lease, no member, no series, and no harm when the topic goes', async () => {
    const group = 'dedicated-leaving-1'
    await world.dedicatedGroup(group)
    await world.app('leaving')
    await world.deliver('leaving', 2, { group })
    await world.received('leaving', 2)
    await world.deleteApp('leaving', { group })
    await settled('leaving')
    const series = async () => (await dispatcher.metrics()).split('\n').filter((line) => line.includes(`"${group}"`))
    expect((await series()).length).toBeGreaterThan(0)
    await world.database.query('UPDATE hooklane.partition_owner SET is_closed = true WHERE worker_group = $1', [group])
    await world.configure('workerGroup', group, null)
    const reader = world.kafka.topics.group(group)
    const admin = new KafkaLogAdmin(world.kafka.client)
    await eventually(async () => expect(await admin.deleteUnusedGroups([reader])).toEqual([reader]), WITHIN)
    const owners = await world.database.query('SELECT owner FROM hooklane.partition_owner WHERE worker_group = $1', [
      group,
    ])
    expect(owners).toEqual([{ owner: null }])
    await new TopicAdmin(world.kafka.client).deleteTopics([world.kafka.topics.deliveries(group)])
    await eventually(async () => expect(await series()).toEqual([]), WITHIN)
    await world.app('after')
    await world.deliver('after', 3)
    await world.received('after', 3)
    expect(dispatcher.child.exitCode).toBeNull()
  })
})
