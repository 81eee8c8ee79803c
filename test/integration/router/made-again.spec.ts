import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { eventually, messageOf, RouterWorld, upstreamEvent } from './router-world.js'

jest.setTimeout(240_000)

describe('the router on a real broker, of apps and companies that are deleted and made again', () => {
  let world: RouterWorld
  let router: ReturnType<RouterWorld['startRouter']>

  beforeAll(async () => {
    world = await RouterWorld.create()
    router = world.startRouter()
    await router.ready()
  })
  afterAll(async () => world.close())

  const publish = (company: string, from: number, to: number) =>
    world.publish(Array.from({ length: to - from + 1 }, (_, n) => messageOf(upstreamEvent(company, from + n))))

  it('goes on with the numbers of an app in the next epoch, behind the end of the one before', async () => {
    await world.company('cmp_1')
    await world.app('app_1', 'cmp_1')
    await world.subscription('sub_1a', 'cmp_1', 'app_1')
    await world.configurationRead()
    await publish('cmp_1', 1, 3)
    await eventually(() => expect(world.streamOf('app_1')).toEqual(['1/1', '1/2', '1/3']))
    await world.deleteApp({ appId: 'app_1', companyId: 'cmp_1', epoch: 1 }, 'sub_1a')
    // No event comes: the end is published all the same.
    await eventually(() => expect(world.streamOf('app_1').at(-1)).toBe('1/end at 3'))
    await world.app('app_1', 'cmp_1', { epoch: 2 })
    await world.subscription('sub_1b', 'cmp_1', 'app_1')
    await world.configurationRead()
    await publish('cmp_1', 4, 4)
    await eventually(() => expect(world.streamOf('app_1')).toEqual(['1/1', '1/2', '1/3', '1/end at 3', '2/4']))
  })

  it('publishes an end once, though it is killed and another one takes over', async () => {
    const before = world.streamOf('app_1')
    await router.end('SIGKILL')
    router = world.startRouter()
    await router.ready()
    await world.deleteApp({ appId: 'app_1', companyId: 'cmp_1', epoch: 2 }, 'sub_1b')
    await eventually(() => expect(world.streamOf('app_1')).toEqual([...before, '2/end at 4']))
    await router.end('SIGKILL')
    router = world.startRouter()
    await router.ready()
    await world.app('app_1', 'cmp_1', { epoch: 3 })
    await world.subscription('sub_1c', 'cmp_1', 'app_1')
    await world.configurationRead()
    await publish('cmp_1', 5, 5)
    await eventually(() => expect(world.streamOf('app_1')).toEqual([...before, '2/end at 4', '3/5']))
  })

  it('gives a company that was made again none of the events of before, and all of its own', async () => {
    await world.company('cmp_2')
    await world.app('app_2', 'cmp_2')
    await world.subscription('sub_2', 'cmp_2', 'app_2')
    await world.configurationRead()
    await publish('cmp_2', 1, 1)
    await eventually(() => expect(world.deliveredTo('app_2')).toHaveLength(1))
    await router.end('SIGTERM')
    await publish('cmp_2', 2, 4)
    await world.deleteApp({ appId: 'app_2', companyId: 'cmp_2', epoch: 1 }, 'sub_2')
    await world.configure('company', 'cmp_2', null)
    const eventsFrom = String(await world.eventsEnd('cmp_2'))
    await world.company('cmp_2', { incarnation: 2, eventsFrom })
    await world.app('app_2', 'cmp_2', { epoch: 2 })
    await world.subscription('sub_2b', 'cmp_2', 'app_2')
    // Its producer starts counting over, with the same ids.
    await publish('cmp_2', 1, 2)
    router = world.startRouter()
    await router.ready()
    await eventually(() => expect(world.streamOf('app_2')).toEqual(['1/1', '1/end at 1', '2/2', '2/3']))
    const own = world.deliveredTo('app_2').slice(1)
    expect(own.map(({ eventId }) => eventId)).toEqual(['evt_cmp_2_1', 'evt_cmp_2_2'])
    expect(own.map(({ headers }) => headers.companyIncarnation)).toEqual([2, 2])
    const refused = world.quarantined().filter(({ reason }) => reason === 'former_company')
    const refusedIds = refused.map(({ value }) => (JSON.parse(String(value)) as { id: string }).id)
    expect(refusedIds).toEqual(['evt_cmp_2_2', 'evt_cmp_2_3', 'evt_cmp_2_4'])
    expect(refused.every(({ origin }) => origin.offset < BigInt(eventsFrom))).toBe(true)
  })

  it('goes on undisturbed when the topic of a worker group that is gone was removed', async () => {
    const group = 'dedicated-app-3-1'
    await world.dedicatedGroup(group)
    await world.company('cmp_3')
    await world.app('app_3', 'cmp_3', { workerGroup: group })
    await world.app('app_3b', 'cmp_3')
    await world.subscription('sub_3', 'cmp_3', 'app_3')
    await world.subscription('sub_3b', 'cmp_3', 'app_3b')
    await world.configurationRead()
    await publish('cmp_3', 1, 1)
    await eventually(() => expect(world.deliveredTo('app_3b')).toHaveLength(1))
    await world.deleteApp({ appId: 'app_3', companyId: 'cmp_3', epoch: 1, workerGroup: group }, 'sub_3')
    await publish('cmp_3', 2, 2)
    await eventually(() => expect(world.deliveredTo('app_3b')).toHaveLength(2))
    await world.configure('workerGroup', group, null)
    await eventually(async () => expect(router.log.join('\n')).toContain('the partition is acquired again'))
    await world.deleteTopic(group)
    // A topic that the writer has not had to do with makes it look for leaders.
    await world.dedicatedGroup('dedicated-app-4-1')
    await world.app('app_4', 'cmp_3', { workerGroup: 'dedicated-app-4-1' })
    await world.subscription('sub_4', 'cmp_3', 'app_4')
    await publish('cmp_3', 3, 20)
    await eventually(() => expect(world.deliveredTo('app_3b')).toHaveLength(20))
    expect(await router.metric('router_transactions_total', 'outcome="failed"')).toBe(0)
  })

  it('loses nothing and goes on by itself when such a topic goes before it has read that its group is gone', async () => {
    const group = 'dedicated-app-5-1'
    await world.dedicatedGroup(group)
    await world.company('cmp_5')
    await world.app('app_5', 'cmp_5', { workerGroup: group })
    await world.app('app_5b', 'cmp_5')
    await world.subscription('sub_5', 'cmp_5', 'app_5')
    await world.subscription('sub_5b', 'cmp_5', 'app_5b')
    await world.configurationRead()
    await publish('cmp_5', 1, 1)
    await eventually(() => expect(world.deliveredTo('app_5b')).toHaveLength(1))
    await world.deleteApp({ appId: 'app_5', companyId: 'cmp_5', epoch: 1, workerGroup: group }, 'sub_5')
    await world.configurationRead()
    await world.deleteTopic(group)
    await world.dedicatedGroup('dedicated-app-6-1')
    await world.app('app_6', 'cmp_5', { workerGroup: 'dedicated-app-6-1' })
    await world.subscription('sub_6', 'cmp_5', 'app_6')
    await publish('cmp_5', 2, 10)
    await eventually(() => expect(world.deliveredTo('app_5b')).toHaveLength(10))
    await world.configure('workerGroup', group, null)
    await publish('cmp_5', 11, 12)
    await eventually(() => expect(world.streamOf('app_5b').at(-1)).toBe('1/12'))
    expect(world.streamOf('app_5b')).toEqual(Array.from({ length: 12 }, (_, n) => `1/${n + 1}`))
  })
})
