import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { setTimeout as delay } from 'node:timers/promises'
import { acquiredBy, assertDense, eventually, messageOf, RouterWorld, upstreamEvent } from './router-world.js'

const COMPANIES = Array.from({ length: 10 }, (_, n) => `cmp_${n}`)

/** How often a load publishes, so that a router that is killed at any time is killed in the middle of a transaction. */
const WITHOUT_PAUSE_MS = 20
/** How often a load publishes that only has to go on until somebody else has the partitions. */
const STEADY_MS = 200

/** Publishes a few events of every company at a time, until it is ended. */
class Load {
  published = 0
  #isEnding = false
  readonly #running: Promise<void>

  constructor(
    private readonly world: RouterWorld,
    private everyMs: number,
  ) {
    this.#running = this.#run()
  }

  /** From now on, publishes this often. */
  pace(everyMs: number): void {
    this.everyMs = everyMs
  }

  /** Resolves with the number of events of each company. */
  async end(): Promise<number> {
    this.#isEnding = true
    await this.#running
    return this.published
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      const from = this.published + 1
      const log = [0, 1, 2].flatMap((step) => COMPANIES.map((company) => upstreamEvent(company, from + step)))
      await this.world.publish(log.map(messageOf))
      this.published += 3
      await delay(this.everyMs)
    }
  }
}

async function newWorld(): Promise<RouterWorld> {
  const world = await RouterWorld.create()
  for (const company of COMPANIES) {
    await world.company(company)
    await world.app(`app_${company}`, company)
    await world.subscription(`sub_${company}_1`, company, `app_${company}`)
    await world.subscription(`sub_${company}_2`, company, `app_${company}`, { events: ['products.*'] })
  }
  return world
}

/** Every company's events, each twice, in order and under dense numbers: no hole, no copy, nothing lost. */
async function assertAllDelivered(world: RouterWorld, count: number): Promise<void> {
  await eventually(() => expect(world.delivered().length).toBeGreaterThanOrEqual(count * 2 * COMPANIES.length), 60_000)
  for (const company of COMPANIES) {
    const delivered = world.deliveredTo(`app_${company}`)
    assertDense(delivered)
    expect(delivered.map((one) => `${one.eventId} ${one.headers.subscriptionId}`)).toEqual(
      Array.from({ length: count * 2 }, (_, n) => `evt_${company}_${(n >> 1) + 1} sub_${company}_${(n & 1) + 1}`),
    )
  }
  expect(world.quarantined()).toEqual([])
}

describe('taking over', () => {
  let world: RouterWorld
  beforeEach(async () => {
    world = await newWorld()
  })
  afterEach(async () => world.close())

  it('has no hole and no copy after routers were killed in the middle of their work, five times', async () => {
    const load = new Load(world, WITHOUT_PAUSE_MS)
    for (let kill = 0; kill < 5; kill++) {
      const router = world.startRouter()
      const before = world.delivered().length
      await eventually(() => expect(world.delivered().length).toBeGreaterThan(before + 100), 60_000)
      await delay(50 + kill * 37)
      await router.end('SIGKILL')
    }
    const count = await load.end()
    await world.startRouter().ready(60_000)
    await assertAllDelivered(world, count)
  })

  it('keeps numbers dense while partitions move to a second router and back', async () => {
    const first = world.startRouter()
    await first.ready()
    const load = new Load(world, STEADY_MS)
    const second = world.startRouter()
    await eventually(async () => {
      expect([await acquiredBy(first), await acquiredBy(second)]).toEqual([3, 3])
    }, 90_000)
    // Both route for a while before one of them ends.
    const before = world.delivered().length
    await eventually(() => expect(world.delivered().length).toBeGreaterThan(before + 100), 60_000)
    load.pace(WITHOUT_PAUSE_MS)
    expect(await first.end('SIGTERM')).toBe(0)
    load.pace(STEADY_MS)
    await eventually(async () => expect(await acquiredBy(second)).toBe(6), 90_000)
    const third = world.startRouter()
    await eventually(async () => {
      expect([await acquiredBy(second), await acquiredBy(third)]).toEqual([3, 3])
    }, 90_000)
    await assertAllDelivered(world, await load.end())
  })

  it('lets a frozen router wake up without a copy, and without taking back what another one owns', async () => {
    const frozen = world.startRouter()
    await frozen.ready()
    const load = new Load(world, WITHOUT_PAUSE_MS)
    await eventually(() => expect(world.delivered().length).toBeGreaterThan(100))
    frozen.child.kill('SIGSTOP')
    load.pace(STEADY_MS)
    const successor = world.startRouter()
    await eventually(async () => expect(await acquiredBy(successor)).toBe(6), 90_000)
    frozen.child.kill('SIGCONT')
    await eventually(async () => {
      expect((await acquiredBy(frozen)) + (await acquiredBy(successor))).toBe(6)
      expect(await acquiredBy(frozen)).toBe(3)
    }, 90_000)
    await assertAllDelivered(world, await load.end())
  })

  it('goes on where it was when the group’s commits are gone', async () => {
    const load = new Load(world, WITHOUT_PAUSE_MS)
    const first = world.startRouter()
    await eventually(() => expect(world.delivered().length).toBeGreaterThan(200))
    expect(await first.end('SIGTERM')).toBe(0)
    load.pace(STEADY_MS)
    await world.deleteRouterGroup()
    const second = world.startRouter()
    await second.ready()
    expect(await second.metric('router_incidents_total')).toBeGreaterThan(0)
    const count = await load.end()
    await assertAllDelivered(world, count)
    expect(await second.metric('router_copies_total')).toBe(0)
  })
})
