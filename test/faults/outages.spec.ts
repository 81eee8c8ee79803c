import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@hooklane/testing'
import { FaultWorld, NOTHING_BROKEN, say } from './support/fault-world.js'

const SEED = Number(process.env.FAULT_SEED ?? 1 + Math.floor(Math.random() * 1e9))
const AWAY_MS = 60_000
const START_LIMIT_MS = 300_000
const TEST_LIMIT_MS = 400_000

/**
 * One system goes through outages of each server that it depends on, one after the other. An outage begins when everything that was
 * committed before has arrived, and its test ends in the same state. No service may be restarted.
 */
describe('outages', () => {
  let world: FaultWorld
  let pids: Record<string, number>

  beforeAll(async () => {
    world = await FaultWorld.start('outages', { seed: SEED })
    say(world.name, `seed ${SEED}`)
    pids = world.pids()
  }, START_LIMIT_MS)

  afterAll(async () => {
    await world.stop()
  }, START_LIMIT_MS)

  // After a test that failed half-way, the next test must not find a server down.
  afterEach(async () => {
    await world.bringBack()
  }, START_LIMIT_MS)

  async function expectOvercome(fault: ReturnType<FaultWorld['begin']>): Promise<void> {
    expect(await world.expectRecovery(fault)).toMatchObject(NOTHING_BROKEN)
    await world.everyServiceIsReady()
    expect(world.pids()).toEqual(pids)
  }

  it(
    'a Kafka that is killed and restarted at once is waited for',
    async () => {
      await world.startLoad()
      const fault = world.begin('Kafka restarted')
      await world.takeDown('kafka', 'SIGKILL')
      await world.bringBack()
      await expectOvercome(fault)
    },
    TEST_LIMIT_MS,
  )

  it(
    'while Kafka is away for a minute the API answers and stores, what needs Kafka is refused with 503, and readiness says so',
    async () => {
      await world.startLoad()
      const fault = world.begin('Kafka away')
      await world.takeDown('kafka', 'SIGKILL')
      const backAt = delay(AWAY_MS)
      const [target] = world.targets
      const company = target!.company
      expect(await world.ask('GET', '/v1/apps', { company })).toMatchObject({ status: 200 })
      const renamed = { company, body: { name: 'Renamed meanwhile' } }
      expect(await world.ask('PATCH', `/v1/subscriptions/${target!.subscription}`, renamed)).toMatchObject({
        status: 200,
      })
      const dedicated = { company, body: { name: 'Needs a topic', worker: { mode: 'dedicated' } } }
      expect(await world.ask('PUT', '/v1/apps/app_needs_a_topic', dedicated)).toMatchObject({
        status: 503,
        code: 'WORKER_GROUP_NOT_READY',
        retryAfter: expect.any(Number),
      })
      for (const instance of ['event-producer', 'router', 'dispatcher-1', 'recorder']) {
        await eventually(async () => expect(await world.notReady(instance)).toContain('Kafka'), { withinMs: AWAY_MS })
      }
      await backAt
      await world.bringBack()
      await expectOvercome(fault)
      expect(await world.ask('PUT', '/v1/apps/app_needs_a_topic', dedicated)).toMatchObject({ status: 201 })
    },
    TEST_LIMIT_MS,
  )

  it.each([
    ['fast', 'SIGINT'],
    ['immediate', 'SIGQUIT'],
  ] as const)(
    'a Postgres that is restarted (%s) is waited for',
    async (mode, signal) => {
      await world.startLoad()
      const fault = world.begin(`Postgres restarted (${mode})`)
      await world.takeDown('postgres', signal)
      await world.bringBack()
      await eventually(async () => expect(await listApps()).toMatchObject({ status: 200 }), { withinMs: 60_000 })
      // Concurrent requests need several connections: the pool must not hand out one that died with the server.
      const answers = await Promise.all(Array.from({ length: 20 }, listApps))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      await expectOvercome(fault)
    },
    TEST_LIMIT_MS,
  )

  it(
    'while Postgres is away for a minute the API answers 503, nothing is sent that could not be recorded, and no consumer leaves its group',
    async () => {
      await world.startLoad()
      const rebalances = await world.metric('dispatcher-1', 'hooklane_consumer_rebalances_total')
      const fault = world.begin('Postgres away')
      await world.takeDown('postgres', 'SIGQUIT')
      const halfTime = delay(AWAY_MS / 2)
      const backAt = delay(AWAY_MS)
      await eventually(
        async () =>
          expect(await listApps()).toMatchObject({
            status: 503,
            code: 'DATABASE_UNAVAILABLE',
            retryAfter: expect.any(Number),
          }),
        { withinMs: AWAY_MS },
      )
      await halfTime
      const sent = world.receiver.arrivals.length
      for (const instance of ['subscription-service', 'dispatcher-1', 'recorder'])
        expect(await world.notReady(instance)).toContain('database')
      await backAt
      // The load and the router were working all the time, and still nothing was sent.
      expect(world.receiver.arrivals.length).toBe(sent)
      await world.bringBack()
      await expectOvercome(fault)
      expect(await world.metric('dispatcher-1', 'hooklane_consumer_rebalances_total')).toBe(rebalances)
    },
    TEST_LIMIT_MS,
  )

  it.each([
    ['fast', 'SIGINT'],
    ['immediate', 'SIGQUIT'],
  ] as const)(
    'a captured database that is restarted (%s) while changes are committed loses none of them',
    async (mode, signal) => {
      await world.startLoad()
      const fault = world.begin(`captured database restarted (${mode})`)
      const interruptions = world.load.interruptions
      await world.source.restart(signal)
      await eventually(() => expect(world.load.interruptions).toBeGreaterThan(interruptions), { withinMs: 60_000 })
      await expectOvercome(fault)
    },
    TEST_LIMIT_MS,
  )

  function listApps() {
    return world.ask('GET', '/v1/apps', { company: world.targets[0]!.company })
  }
})
