import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@hooklane/testing'
import { random } from '../../tools/demo/workload.mjs'
import { FaultWorld, NOTHING_BROKEN, say } from './support/fault-world.js'
import { OwnerWatch, type Owner } from './support/owners.js'

const SEED = Number(process.env.FAULT_SEED ?? 1 + Math.floor(Math.random() * 1e9))
const FROZEN_MS = 45_000
const KILLING_MS = 120_000
/** In this last period, no dispatcher is killed: the rest of the test would only wait for the expiry of its lease. */
const SPARED_MS = 30_000
const START_LIMIT_MS = 300_000
const TEST_LIMIT_MS = 500_000

/** One system with two routers and two dispatchers. */
describe('take-overs', () => {
  let world: FaultWorld
  let watch: OwnerWatch

  beforeAll(async () => {
    world = await FaultWorld.start('takeovers', { seed: SEED, dispatchers: 2, routers: 2 })
    say(world.name, `seed ${SEED}`)
    watch = await OwnerWatch.start(world.system.stack.databaseUrl)
  }, START_LIMIT_MS)

  afterAll(async () => {
    await watch.stop()
    await world.stop()
  }, START_LIMIT_MS)

  /**
   * Both are frozen at the same time. The router has partitions of `events`, the dispatcher has partitions of deliveries, and neither
   * take-over needs the other. The dispatchers get the deliveries that the frozen router delayed for its session timeout later.
   */
  it(
    'a router and a dispatcher that are frozen for 45 s are replaced, and when they wake they send nothing, save nothing and route nothing twice',
    async () => {
      await world.startLoad()
      const pids = world.pids()
      const fault = world.begin('router-1 and dispatcher-1 frozen')
      const held = await heldBy(pids['dispatcher-1'])
      expect(held.length).toBeGreaterThan(0)
      expect(await partitionsOf('router-1')).toBeGreaterThan(0)
      world.system.kill('router-1', 'SIGSTOP')
      world.system.kill('dispatcher-1', 'SIGSTOP')
      try {
        const thawAt = delay(FROZEN_MS)
        await eventually(async () => expect(await partitionsOf('router-2')).toBe(EVENT_PARTITIONS), {
          withinMs: 90_000,
        })
        await eventually(
          async () => {
            const now = await watch.look()
            expect(now.filter(({ instance }) => isOf(instance, pids['dispatcher-2']))).toHaveLength(now.length)
          },
          { withinMs: 120_000 },
        )
        await thawAt
      } finally {
        world.system.kill('router-1', 'SIGCONT')
        world.system.kill('dispatcher-1', 'SIGCONT')
      }
      expect(await world.expectRecovery(fault)).toMatchObject(NOTHING_BROKEN)
      await world.everyServiceIsReady()
      expect(world.pids()).toEqual(pids)
      expect(watch.findings).toEqual([])
      const fenced = await world.metric('router-1', 'hooklane_router_transactions_total', 'outcome="fenced"')
      say(world.name, `router-1 was shut out of ${fenced} transactions when it woke`)
    },
    TEST_LIMIT_MS,
  )

  it(
    'services that are killed at random for two minutes under load lose nothing, repeat nothing out of turn and reorder nothing',
    async () => {
      await world.startLoad()
      const fault = world.begin(`services killed at random (seed ${SEED})`)
      const chance = random(SEED)
      const killed = new Map<string, number>()
      const endMs = performance.now() + KILLING_MS
      while (performance.now() < endMs) {
        // This pause does not wait for a condition: the next kill comes in whatever state the last one has left the system.
        await delay(1_000 + chance() * 7_000)
        const isNearEnd = performance.now() > endMs - SPARED_MS
        const services = world.system.stack.services
          .filter(({ instance }) => world.system.running.includes(instance))
          .filter(({ name }) => !(isNearEnd && name === 'dispatcher'))
        const victim = services[Math.floor(chance() * services.length)]
        // All services are being restarted.
        if (!victim) continue
        world.system.kill(victim.instance, 'SIGKILL')
        killed.set(victim.instance, (killed.get(victim.instance) ?? 0) + 1)
      }
      say(world.name, `killed: ${[...killed].map(([instance, times]) => `${instance} ${times}×`).join(', ')}`)
      expect(await world.expectRecovery(fault)).toMatchObject(NOTHING_BROKEN)
      await world.everyServiceIsReady()
      expect(watch.findings).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  async function heldBy(pid: number | undefined): Promise<readonly Owner[]> {
    return (await watch.look()).filter(({ instance }) => isOf(instance, pid))
  }

  const partitionsOf = (instance: string) => world.metric(instance, 'hooklane_router_partitions', 'state="acquired"')
})

/** The number of partitions of the topic `events` in a local system. */
const EVENT_PARTITIONS = 6

/** The name of an instance contains the pid of its process. */
const isOf = (instance: string | null, pid: number | undefined): boolean =>
  instance?.includes(`-${String(pid)}-`) ?? false
