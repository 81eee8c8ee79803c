import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { assertDense, eventually, GROUP, messageOf, RouterWorld, upstreamEvent } from './router-world.js'

describe('the router on a real broker', () => {
  let world: RouterWorld
  let router: ReturnType<RouterWorld['startRouter']>
  const companies = Array.from({ length: 12 }, (_, n) => `cmp_${n}`)

  beforeAll(async () => {
    world = await RouterWorld.create()
    for (const company of companies) {
      await world.company(company)
      for (const letter of ['a', 'b']) {
        await world.app(`app_${company}_${letter}`, company)
        await world.subscription(`sub_${company}_${letter}`, company, `app_${company}_${letter}`)
      }
    }
    router = world.startRouter()
    await router.ready()
  })
  afterAll(async () => world.close())

  it('numbers every app’s deliveries 1, 2, 3 … in the order of its company, over all partitions', async () => {
    const count = 120
    const log = Array.from({ length: count }, (_, n) =>
      companies.map((company) => upstreamEvent(company, n + 1)),
    ).flat()
    await world.publish(log.map(messageOf))
    await eventually(() => expect(world.delivered()).toHaveLength(count * companies.length * 2))
    for (const company of companies) {
      for (const letter of ['a', 'b']) {
        const delivered = world.deliveredTo(`app_${company}_${letter}`)
        assertDense(delivered)
        expect(delivered.map((one) => one.eventId)).toEqual(
          Array.from({ length: count }, (_, n) => `evt_${company}_${n + 1}`),
        )
        expect(new Set(delivered.map((one) => one.partition)).size).toBe(1)
      }
    }
    const sources = new Set(world.delivered().map((one) => one.headers.source.partition))
    expect(sources.size).toBeGreaterThanOrEqual(4)
  })

  it('passes the bytes of an event through as they were written', async () => {
    await world.company('cmp_bytes')
    await world.app('app_bytes', 'cmp_bytes')
    await world.subscription('sub_bytes', 'cmp_bytes', 'app_bytes')
    await eventually(async () => {
      const event = JSON.stringify(upstreamEvent('cmp_bytes', Date.now()))
      const value = `${event.slice(0, -1)}, "price": 89.00, "big": 12345678901234567890, "text": "\\ud800 \u00e6"} \n`
      await world.publish([{ key: 'cmp_bytes', value }])
      const last = world.deliveredTo('app_bytes').at(-1)
      expect(last?.text).toContain(
        '"price": 89.00, "big": 12345678901234567890, "text": "\\ud800 \u00e6","order":{"epoch":1,',
      )
    })
  })

  it('drops copies: the same id three times, also long after', async () => {
    const company = 'cmp_0'
    const seen = world.deliveredTo('app_cmp_0_a').length
    const fresh = upstreamEvent(company, 5001)
    const process = upstreamEvent(company, 0, { id: 'evt_process', type: 'imports.completed', revision: null })
    const first = upstreamEvent(company, 1)
    const log = [fresh, process, fresh, first, fresh, process, process, first, upstreamEvent(company, 5002)]
    await world.publish(log.map(messageOf))
    await eventually(() => expect(world.deliveredTo('app_cmp_0_a')).toHaveLength(seen + 3))
    const delivered = world.deliveredTo('app_cmp_0_a')
    assertDense(delivered)
    expect(delivered.slice(-3).map((one) => one.eventId)).toEqual(['evt_cmp_0_5001', 'evt_process', 'evt_cmp_0_5002'])
  })

  it('obeys every change of the configuration while it runs: what is wanted, what is not, and deletions', async () => {
    const company = 'cmp_live'
    let n = 0
    const typeOf = new Map<string, string>()
    const publish = async (type: string, changes: Record<string, unknown> = {}): Promise<string> => {
      const event = upstreamEvent(company, ++n, { type, ...changes })
      typeOf.set(String(event.id), type)
      await world.publish([messageOf(event)])
      return String(event.id)
    }
    const arrivedAt = (subscription: string) =>
      world.deliveredTo('app_live').flatMap((one) => (one.headers.subscriptionId === subscription ? [one.eventId] : []))
    /** Publishes until one arrives: from then on what was configured last is in force, because the topic is read in order. */
    const inForce = (subscription: string, type: string) =>
      eventually(async () => {
        await publish(type)
        expect(arrivedAt(subscription).map((id) => typeOf.get(id))).toContain(type)
      })

    await world.company(company)
    await world.app('app_live', company)
    await world.subscription('sub_live', company, 'app_live', { events: ['products.*'] })
    await inForce('sub_live', 'products.created')
    const unwanted = await publish('brands.created')
    await world.subscription('sub_live', company, 'app_live', { events: ['brands.updated'] })
    await inForce('sub_live', 'brands.updated')
    const noLongerWanted = await publish('products.created')

    await world.configure('subscription', 'sub_live', null)
    await world.subscription('sub_second', company, 'app_live')
    await inForce('sub_second', 'brands.deleted')
    const toTheDeleted = await publish('brands.updated', { subscriptionId: 'sub_live' })
    const last = await publish('brands.updated', { subscriptionId: 'sub_second' })
    await eventually(() => expect(arrivedAt('sub_second')).toContain(last))
    assertDense(world.deliveredTo('app_live'))
    for (const id of [unwanted, noLongerWanted, toTheDeleted]) expect(arrivedAt('sub_live')).not.toContain(id)
    expect(arrivedAt('sub_second')).not.toContain(toTheDeleted)
  })

  it('holds a partition back for a worker group that is not there yet, and loses nothing', async () => {
    const company = 'cmp_wait'
    await world.company(company)
    await world.app('app_wait', company, { workerGroup: 'shared-later' })
    await world.subscription('sub_wait', company, 'app_wait')
    await world.configurationRead()
    await world.publish([1, 2, 3].map((at) => messageOf(upstreamEvent(company, at))))
    await eventually(async () => expect(await router.metric('router_partitions', 'state="waiting"')).toBe(1))
    expect(world.deliveredTo('app_wait')).toEqual([])
    await world.app('app_wait', company, { workerGroup: GROUP })
    await eventually(() => expect(world.deliveredTo('app_wait')).toHaveLength(3))
    assertDense(world.deliveredTo('app_wait'))
    expect(world.quarantined()).toEqual([])
  })
})
